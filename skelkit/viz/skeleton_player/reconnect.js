// anywidget gives a model two seconds to start. On a page that is busy for longer, with a long notebook on a slow machine, the model
// starts all the same but would never hear from the kernel again. This lets it, and asks for what it has missed.

function hear(model) {
  model.on("change:started", async (whole) => {
    try {
      await whole._handle_comm_msg({ content: { data: {} } });
    } catch {
      const { _handle_comm_msg: handle } = Object.getPrototypeOf(Object.getPrototypeOf(whole));
      whole.comm.on_msg(handle.bind(whole));
      whole.comm.send({ method: "request_state" });
    }
  });
  model.set("started", true); // an event is the one way to the whole model
}
