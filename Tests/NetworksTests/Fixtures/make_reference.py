"""Writes PyTorch's forward, gradients and ten Adam steps of small classifiers, one file each.

    pip install torch && python make_reference.py
"""
import json

import torch
from torch import nn

T, N, I, CLASSES = 5, 3, 4, 3
torch.set_num_threads(1)


class Classifier(nn.Module):
    def __init__(self, cell, hidden, layers, bidirectional, readout):
        super().__init__()
        kind = nn.GRU if cell == "gru" else nn.LSTM
        self.cell, self.hidden, self.readout = cell, hidden, readout
        setattr(self, cell, kind(I, hidden, layers, batch_first=True, bidirectional=bidirectional))
        self.fc = nn.Linear(hidden * (2 if bidirectional else 1), CLASSES)

    def forward(self, x):
        out = getattr(self, self.cell)(x)[0]
        last = out[:, -1, :]
        if self.readout == "final":
            last = torch.cat([last[:, : self.hidden], out[:, 0, self.hidden :]], 1)
        return self.fc(last)


def flat(tensors):
    return {k: [float(f"{v:.9g}") for v in t.detach().flatten().tolist()] for k, t in tensors}


def write(name, cell, hidden, layers, bidirectional=False, readout="last"):
    torch.manual_seed(1)
    model = Classifier(cell, hidden, layers, bidirectional, readout)
    x = torch.rand(N, T, I, requires_grad=True)
    labels = torch.tensor([2, 0, 1])
    criterion = nn.CrossEntropyLoss()
    reference = {
        "shape": {"steps": T, "rows": N, "inputSize": I, "hiddenSize": hidden, "layers": layers, "classes": CLASSES,
                  "cell": cell, "isBidirectional": bidirectional, "readout": readout},
        "input": flat([("x", x)])["x"],
        "labels": labels.tolist(),
        "parameters": flat(model.named_parameters()),
    }
    logits = model(x)
    loss = criterion(logits, labels)
    loss.backward()
    reference["logits"] = flat([("y", logits)])["y"]
    reference["loss"] = loss.item()
    reference["gradients"] = flat((k, p.grad) for k, p in model.named_parameters())
    reference["inputGradient"] = flat([("x", x.grad)])["x"]

    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2, betas=(0.9, 0.999), eps=1e-8)
    losses = []
    for _ in range(10):
        loss = criterion(model(x), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    reference["adam"] = {"learningRate": 1e-2, "losses": losses, "parameters": flat(model.named_parameters())}
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
