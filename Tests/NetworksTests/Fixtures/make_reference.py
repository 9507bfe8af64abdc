"""Writes PyTorch's forward, gradients and ten steps of Adam and SGD of small classifiers, one file each.

    pip install torch && python make_reference.py
"""
import copy
import json

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

T, I, CLASSES = 5, 4, 3
torch.set_num_threads(1)


class Classifier(nn.Module):
    def __init__(self, cell, hidden, layers, bidirectional, readout):
        super().__init__()
        kind = nn.GRU if cell == "gru" else nn.LSTM
        self.cell, self.hidden, self.readout = cell, hidden, readout
        setattr(self, cell, kind(I, hidden, layers, batch_first=True, bidirectional=bidirectional))
        self.fc = nn.Linear(hidden * (2 if bidirectional else 1), CLASSES)

    def forward(self, x, lengths=None):
        n = len(x)
        if lengths is None:
            lengths = [T] * n
            out = getattr(self, self.cell)(x)[0]
        else:
            packed = pack_padded_sequence(x, torch.tensor(lengths), batch_first=True, enforce_sorted=False)
            out = pad_packed_sequence(getattr(self, self.cell)(packed)[0], batch_first=True)[0]
        last = out[range(n), [length - 1 for length in lengths]]
        if self.readout == "final":
            last = torch.cat([last[:, : self.hidden], out[:, 0, self.hidden :]], 1)
        elif self.readout == "mean":
            last = torch.stack([one[:length].mean(0) for one, length in zip(out, lengths)])
        elif self.readout == "max":
            last = torch.stack([one[:length].max(0).values for one, length in zip(out, lengths)])
        return self.fc(last)


def flat(tensors):
    return {k: [float(f"{v:.9g}") for v in t.detach().flatten().tolist()] for k, t in tensors}


def write(name, cell, hidden, layers, bidirectional=False, readout="last", lengths=None):
    torch.manual_seed(2 if lengths else 1)
    model = Classifier(cell, hidden, layers, bidirectional, readout)
    n = len(lengths) if lengths else 3
    x = torch.rand(n, T, I, requires_grad=True)
    labels = torch.tensor([2, 0, 1, 0, 2][:n])
    criterion = nn.CrossEntropyLoss()
    reference = {
        "shape": {"steps": T, "rows": n, "inputSize": I, "hiddenSize": hidden, "layers": layers, "classes": CLASSES,
                  "cell": cell, "isBidirectional": bidirectional, "readout": readout},
        "input": flat([("x", x)])["x"],
        "labels": labels.tolist(),
        "parameters": flat(model.named_parameters()),
    }
    if lengths:
        reference["lengths"] = lengths
    logits = model(x, lengths)
    loss = criterion(logits, labels)
    loss.backward()
    reference["logits"] = flat([("y", logits)])["y"]
    reference["loss"] = loss.item()
    reference["gradients"] = flat((k, p.grad) for k, p in model.named_parameters())
    reference["inputGradient"] = flat([("x", x.grad)])["x"]

    def train(model, optimizer, settings):
        losses = []
        for _ in range(10):
            loss = criterion(model(x, lengths), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        return settings | {"losses": losses, "parameters": flat(model.named_parameters())}

    start = copy.deepcopy(model)
    adam = torch.optim.Adam(model.parameters(), lr=1e-2, betas=(0.9, 0.999), eps=1e-8)
    reference["adam"] = train(model, adam, {"learningRate": 1e-2})
    reference["sgd"] = []
    for settings in ({"momentum": 0, "nesterov": False}, {"momentum": 0.9, "nesterov": False},
                     {"momentum": 0.9, "nesterov": True}):
        model = copy.deepcopy(start)
        sgd = torch.optim.SGD(model.parameters(), lr=0.1, weight_decay=0.01, **settings)
        reference["sgd"].append(train(model, sgd, {"learningRate": 0.1, "weightDecay": 0.01, **settings}))
    with open(f"{name}.json", "w") as file:
        print(json.dumps(reference), file=file)


write("lstm", "lstm", 6, 2)
write("bilstm", "lstm", 3, 2, True)
write("gru", "gru", 3, 2)
write("bigru", "gru", 3, 2, True, "final")
write("lstm-1-layer", "lstm", 3, 1)
write("bilstm-1-layer", "lstm", 3, 1, True, "final")
write("gru-1-layer", "gru", 3, 1)
write("bigru-1-layer", "gru", 3, 1, True)

for lengths, names in (
    ([2, 5, 1, 4, 4], [("lstm", False, 2, "last"), ("lstm", True, 1, "mean"), ("gru", False, 1, "max"), ("gru", True, 2, "last")]),
    ([5, 1, 3, 3, 2], [("lstm", False, 1, "mean"), ("lstm", True, 2, "final"), ("gru", False, 2, "last"), ("gru", True, 1, "max")]),
):
    for cell, bidirectional, layers, readout in names:
        name = f"packed-{'bi' * bidirectional}{cell}{'' if layers == 2 else '-1-layer'}"
        write(name, cell, 3, layers, bidirectional, readout, lengths)
