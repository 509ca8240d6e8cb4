"""Compare a training step of CHARON in skelkit with a straightforward implementation; print ratios of times.

python tests/benchmarks/charon_step.py [--size nano] [--rounds 15] [--device cpu]

Network, batch and masks are the same, and the implementations take turns. A step passes a batch of 16 from
the stream and two of 16 from memory through the masked autoencoder, then runs backward and AdamW. `Plain`
follows the paper's equations directly: three passes, NCHW memory, einsum, concatenated heads. Both are also
compared with matrix products of as many operations, of a shape that suits the machine.
"""

import argparse
import copy

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from skelkit import bench, masks
from skelkit.bench import timing
from skelkit.models import DECODERS, SIZES, MaskedAutoencoder, STTFormer

RATIO, GAMMA, ALPHA, BETA = 0.3, 1.0, 0.5, 0.5


# -- straightforward implementation ------------------------------------------------------------------------


def conv_norm(c_in, c_out, kernel=(1, 1), bias=True):
    return nn.Sequential(
        nn.Conv2d(c_in, c_out, kernel, padding=(kernel[0] // 2, kernel[1] // 2), bias=bias),
        nn.BatchNorm2d(c_out),
    )


class PlainBlock(nn.Module):
    def __init__(self, c_in, c_out, d, heads):
        super().__init__()
        self.heads, self.d = heads, d
        self.queries_keys = nn.Conv2d(c_in, 2 * heads * d, 1)
        self.scale = nn.Parameter(torch.ones(heads, 1, 1))
        self.mix, self.widen, self.along_time = (
            conv_norm(heads * c_in, c_out, (1, 5)),
            conv_norm(c_out, c_out),
            conv_norm(c_out, c_out, (3, 1)),
        )
        self.residual = conv_norm(c_in, c_out) if c_in != c_out else nn.Identity()
        self.time_residual = conv_norm(c_out, c_out) if c_in != c_out else nn.Identity()
        self.relu = nn.LeakyReLU(0.1, inplace=True)

    def forward(self, x):
        p, c, t, v = x.shape
        q, k = self.queries_keys(x).view(p, 2 * self.heads, self.d, t, v).chunk(2, dim=1)
        scores = torch.einsum("phctu,phctv->phuv", q, k) / (self.d * t) * self.scale
        y = torch.einsum("phuv,pctv->phctu", scores.softmax(-1), x).reshape(p, self.heads * c, t, v)
        residual = self.residual(x)
        y = self.relu(self.mix(y) + residual)
        y = self.relu(self.widen(y) + residual)
        return self.relu(self.along_time(y) + self.time_residual(y))


def sinusoids(positions, channels):
    angles = torch.arange(positions)[:, None] / 10000 ** (torch.arange(0, channels, 2) / channels)
    code = torch.zeros(positions, channels)
    code[:, 0::2], code[:, 1::2] = angles.sin(), angles.cos()
    return code.T.reshape(1, channels, 1, positions)


class PlainEncoder(nn.Module):
    def __init__(self, classes, joints, blocks, heads):
        super().__init__()
        first, last = blocks[0][0], blocks[-1][1]
        self.stem = nn.Sequential(*conv_norm(3, first), nn.LeakyReLU(0.1, inplace=True))
        self.register_buffer("code", sinusoids(6 * joints, first), persistent=False)
        self.blocks = nn.Sequential(*(PlainBlock(*b, heads) for b in blocks))
        self.absent = nn.Parameter(torch.zeros(last))
        self.classifier = nn.Linear(last, classes)

    def forward(self, tuples):
        return self.blocks(self.stem(tuples) + self.code)


class PlainDecoder(nn.Module):
    def __init__(self, joints, blocks, heads):
        super().__init__()
        self.token = nn.Parameter(torch.zeros(blocks[0][0]))
        self.register_buffer("code", sinusoids(6 * joints, blocks[0][0]), persistent=False)
        self.blocks = nn.Sequential(*(PlainBlock(*b, heads) for b in blocks))
        self.out = nn.Conv2d(blocks[-1][1], 3, 1)

    def forward(self, tokens, kept):
        p, c, _, v = tokens.shape
        whole = self.token.view(1, c, 1, 1).expand(p, c, kept.shape[1], v).clone()
        whole = whole.masked_scatter(kept[:, None, :, None], tokens)
        return self.out(self.blocks(whole + self.code))


class Plain(nn.Module):
    """The autoencoder, with the parameter names of skelkit."""

    def __init__(self, classes, joints, size, decoder):
        super().__init__()
        self.encoder = PlainEncoder(classes, joints, size.blocks, size.heads)
        self.decoder = PlainDecoder(joints, decoder, size.heads)

    def forward(self, x, hidden):
        """x [N, C, T, V, M], hidden bool [N, T'] -> logits [N, classes], loss."""
        n, c, t, v, m = x.shape
        persons = x.permute(0, 4, 1, 2, 3).reshape(n * m, c, t, v)
        in_frame = (persons != 0).any(3).any(1)  # [N M, T]
        present = in_frame.any(1)
        persons, in_frame = persons[present], in_frame[present]
        kept = ~hidden.repeat_interleave(m, 0)[present]  # [P, T']
        tuples = persons.reshape(-1, c, t // 6, 6 * v)
        tokens = self.encoder(tuples.masked_select(kept[:, None, :, None]).view(len(tuples), c, -1, 6 * v))
        features = self.encoder.absent.expand(n * m, -1).clone()
        features[present] = tokens.mean((2, 3))
        reconstruction = self.decoder(tokens, kept).reshape(-1, c, t, v)
        loss = (((reconstruction - persons) ** 2).mean((1, 3)) * in_frame).sum() / in_frame.sum()
        return self.encoder.classifier(features.view(n, m, -1).sum(1)), loss


# -- one step of each --------------------------------------------------------------------------------------


def total(outputs, labels, stored):
    (stream, stream_loss), (first, first_loss), (second, second_loss) = outputs
    return (
        F.cross_entropy(stream, labels[0])
        + GAMMA * stream_loss
        + ALPHA * (F.mse_loss(first, stored) + GAMMA * first_loss)
        + BETA * (F.cross_entropy(second, labels[2]) + GAMMA * second_loss)
    )


def plain_passes(model, clips, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return [model(x, masks.random_tuples(x, ratio=RATIO, generator=generator)) for x in clips]


def kit_passes(model, clips, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return [model(x, RATIO, generator)[:2] for x in clips]


def fused_pass(model, clips, seed=0):
    """All 48 clips in one pass, with separate losses."""
    out = model(torch.cat(clips), RATIO, torch.Generator().manual_seed(seed))
    sizes = [len(x) for x in clips]
    squares = (out.errors * out.counts).split(sizes)
    losses = [s.sum() / c.sum().clamp_min(1) for s, c in zip(squares, out.counts.split(sizes), strict=True)]
    return list(zip(out.logits.split(sizes), losses, strict=True))


def stepper(model, passes, clips, labels, stored):
    optimizer = torch.optim.AdamW(model.parameters(), 1e-3)

    def step():
        loss = total(passes(model, clips), labels, stored)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    return step


# -- measuring ---------------------------------------------------------------------------------------------


def batches(frames, joints, device, clips=16, classes=10):
    """Three batches of 16 clips (a quarter with two persons), labels and stored logits."""
    generator = torch.Generator().manual_seed(0)
    made = []
    for _ in range(3):
        x = torch.randn(clips, 3, frames, joints, 2, generator=generator) * 0.1
        x += torch.randn(clips, 3, 1, joints, 2, generator=generator)
        x[clips // 4 :, ..., 1] = 0
        made.append(x.to(device))
    labels = torch.randint(classes, (3, clips), generator=generator).to(device)
    return made, labels, torch.randn(clips, classes, generator=generator).to(device)


def check(plain, kit, clips, labels, stored):
    """Both implementations give the same logits, losses and gradients."""
    ours, theirs = kit_passes(kit, clips), plain_passes(plain, clips)
    torch.testing.assert_close(ours, [tuple(v) for v in theirs], rtol=1e-3, atol=1e-4)
    for passes in (ours, theirs):
        total(passes, labels, stored).backward()
    wanted = dict(plain.named_parameters())
    for name, p in kit.named_parameters():
        torch.testing.assert_close(
            p.grad, wanted[name].grad, rtol=1e-2, atol=1e-3, msg=lambda m, name=name: f"{name}: {m}"
        )


def compare(name, run, against, rounds):
    pairs = [(bench.seconds(run), bench.seconds(against)) for _ in range(rounds + 1)][1:]
    ratios = sorted(b / a for a, b in pairs)
    middle = [sorted(v)[rounds // 2] for v in zip(*pairs, strict=True)]
    print(
        f"{name:<44} {1000 * middle[0]:8.1f} ms  {1000 * middle[1]:8.1f} ms   "
        f"x{ratios[rounds // 2]:.2f}  ({ratios[0]:.2f} to {ratios[-1]:.2f})"
    )


def main(name, rounds, device):
    size = SIZES[name]
    joints, classes = 25, 10
    generator = torch.Generator().manual_seed(0)
    kit = MaskedAutoencoder(STTFormer(classes, joints, name, generator), generator).to(device)
    plain = Plain(classes, joints, size, DECODERS[name]).to(device)
    missing = plain.load_state_dict(kit.state_dict(), strict=False).missing_keys
    for key in missing:  # biases before batch norm, which skelkit leaves out
        plain.state_dict()[key].zero_()
    clips, labels, stored = batches(size.frames, joints, device)
    check(copy.deepcopy(plain), copy.deepcopy(kit), clips, labels, stored)
    plainly = stepper(plain, plain_passes, clips, labels, stored)
    apart, fused = (
        stepper(copy.deepcopy(kit), passes, clips, labels, stored) for passes in (kit_passes, fused_pass)
    )
    with FlopCounterMode(display=False) as counter:
        apart()
    flops = counter.get_total_flops()
    print(f"{name}, {bench.machine()}; {flops / 1e9:.1f} GFLOP a step; logits, losses and gradients agree")
    compare("three passes of skelkit, plain", apart, plainly, rounds)
    compare("one pass of skelkit, plain", fused, plainly, rounds)
    compare("one pass of skelkit, three of skelkit", fused, apart, rounds)
    compare("bare matrix products, three of skelkit", timing.products(flops, device), apart, rounds)
    compare("bare matrix products, plain", timing.products(flops, device), plainly, rounds)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", default="nano", choices=SIZES)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--device", default="cpu", type=torch.device)
    options = parser.parse_args()
    main(options.size, options.rounds, options.device)
