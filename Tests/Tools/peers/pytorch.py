"""The reference experiment in PyTorch, to measure Lockstep against: prints samples a second.

    pytorch.py --threads 2 [--bf16]            trains in one process
    torchrun --nproc_per_node 2 pytorch.py     trains data-parallel (DistributedDataParallel on Gloo)
    pytorch.py --threads 2 --evaluate          runs the classifier on the test images
"""
import argparse
import gzip
import os
import statistics
import time

import numpy
import torch
from torch import nn

parser = argparse.ArgumentParser()
parser.add_argument("--data", default="/usr/share/datasets/fashion-mnist")
parser.add_argument("--threads", type=int, default=1)
parser.add_argument("--steps", type=int, default=200, help="how many are measured, after 20 to warm up")
parser.add_argument("--batch", type=int, default=100, help="samples of a step over all ranks")
parser.add_argument("--bf16", action="store_true", help="under autocast")
parser.add_argument("--evaluate", action="store_true")
arguments = parser.parse_args()
torch.set_num_threads(arguments.threads)
torch.manual_seed(0)


def load(split, kind, header):
    with gzip.open(f"{arguments.data}/{split}-{kind}-ubyte.gz") as file:
        return torch.from_numpy(numpy.frombuffer(file.read(), numpy.uint8, offset=header).copy())


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(28, 128, 2, batch_first=True)
        self.fc = nn.Linear(128, 10)

    def forward(self, x):
        return self.fc(self.lstm(x)[0][:, -1, :])


# Both sets, as a program that trains and evaluates has them. (It also makes PyTorch a third faster: glibc keeps
# blocks of up to the size of the largest one that was freed, here the test set's file, for its tensors.)
sets = {
    split: (load(split, "images-idx3", 16).view(-1, 28, 28).float() / 255, load(split, "labels-idx1", 8).long())
    for split in ("train", "t10k")
}
images, labels = sets["t10k" if arguments.evaluate else "train"]
model, ranks, rank = Classifier(), int(os.environ.get("WORLD_SIZE", 1)), int(os.environ.get("RANK", 0))
autocast = torch.autocast("cpu", dtype=torch.bfloat16, enabled=arguments.bf16)

if arguments.evaluate:
    times = []
    for _ in range(5):
        start = time.perf_counter()
        with torch.no_grad(), autocast:
            for batch in images.split(arguments.batch):
                model(batch).argmax(1)
        times.append(time.perf_counter() - start)
    print(f"{len(images) / statistics.median(times):.0f} samples/s")
    raise SystemExit

if ranks > 1:
    torch.distributed.init_process_group("gloo")
    model = nn.parallel.DistributedDataParallel(model)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
order = torch.randperm(len(images), generator=torch.Generator().manual_seed(0))
share = arguments.batch // ranks
for step in range(20 + arguments.steps):
    if step == 20:
        start = time.perf_counter()
    first = (step * arguments.batch + rank * share) % (len(images) - share)
    batch = order[first : first + share]
    with autocast:
        loss = nn.functional.cross_entropy(model(images[batch]), labels[batch])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
if rank == 0:
    print(f"{arguments.steps * arguments.batch / (time.perf_counter() - start):.0f} samples/s")
if ranks > 1:
    torch.distributed.destroy_process_group()
