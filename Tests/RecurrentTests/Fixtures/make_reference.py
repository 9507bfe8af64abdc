"""Writes reference.json: PyTorch's forward, gradients and ten Adam steps of a small classifier.

    pip install torch && python make_reference.py > reference.json
"""
import json

import torch
from torch import nn

T, N, I, H, LAYERS, CLASSES = 5, 3, 4, 6, 2, 3
torch.manual_seed(1)
torch.set_num_threads(1)


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(I, H, LAYERS, batch_first=True)
        self.fc = nn.Linear(H, CLASSES)

    def forward(self, x):
        return self.fc(self.lstm(x)[0][:, -1, :])


def flat(tensors):
    return {k: [float(f"{v:.9g}") for v in t.detach().flatten().tolist()] for k, t in tensors}


model = Classifier()
x = torch.rand(N, T, I, requires_grad=True)
labels = torch.tensor([2, 0, 1])
criterion = nn.CrossEntropyLoss()
reference = {
    "shape": {"steps": T, "rows": N, "inputSize": I, "hiddenSize": H, "layers": LAYERS, "classes": CLASSES},
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
print(json.dumps(reference))
