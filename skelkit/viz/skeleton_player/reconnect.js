// anywidget gives a model two seconds to start. On a page that is busy for longer, such as a long notebook on
// a slow machine, the model starts all the same, but never receives another message from the kernel. This
// connects it again and asks for the state it missed.

function reconnect(model) {
  model.on("change:started", async (whole) => {
    try {
      await whole._handle_comm_msg({ content: { data: {} } });
    } catch {
      const { _handle_comm_msg: handle } = Object.getPrototypeOf(Object.getPrototypeOf(whole));
      whole.comm.on_msg(handle.bind(whole));
      whole.comm.send({ method: "request_state" });
    }
  });
  model.set("started", true); // only an event gives access to the whole model
}
