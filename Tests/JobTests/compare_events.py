"""Compares the events in a run's folder, as TensorBoard reads them, with its metrics.jsonl and ranks.jsonl.

It prints what TensorBoard has besides scalars, and ends with an error where a scalar differs, is missing
or is there twice.
"""

import io
import json
import sys
from collections import defaultdict

import numpy
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.util import tensor_util

folder = sys.argv[1]
events = EventAccumulator(folder, size_guidance={"scalars": 0, "tensors": 0, "histograms": 0})
events.Reload()

# The names of the keys that are words of one part.
RENAMED = {
    "learningRate": "learning_rate", "gradientNorm": "gradient_norm", "macroF1": "macro_f1",
    "balancedAccuracy": "balanced_accuracy", "samplesPerSecond": "samples_per_second",
    "hiddenReduction": "hidden_reduction",
}

expected = defaultdict(list)
classes = json.loads(sys.argv[2])
with open(f"{folder}/metrics.jsonl") as lines:
    for record in map(json.loads, lines):
        group = {"step": "train", "evaluation": record.get("set")}[record["type"]]
        for key, value in record.items():
            if key == "recalls":
                for name, recall in zip(classes, value):
                    expected[f"{group}/recall/{name}"].append((record["step"], recall))
            elif key not in ("type", "set", "step"):
                expected[f"{group}/{RENAMED.get(key, key)}"].append((record["step"], value))
with open(f"{folder}/ranks.jsonl") as lines:
    for record in map(json.loads, lines):
        for rank in record.get("ranks", []):
            for key in ("total", "computation", "reduction", "hiddenReduction", "optimizer"):
                tag = f"ranks_{RENAMED.get(key, key)}/rank_{rank['rank']}"
                expected[tag].append((record["step"], rank[key]))

tags = events.Tags()
if set(tags["scalars"]) != set(expected):
    sys.exit(f"other scalars: {set(tags['scalars']) ^ set(expected)}")
for tag, values in expected.items():
    found = [(event.step, event.value) for event in events.Scalars(tag)]
    if found != [(step, float(numpy.float32(value))) for step, value in values]:
        sys.exit(f"{tag} is {found}, not {values}")

for tag in sorted(tags["histograms"]):
    print(tag, [(e.step, int(e.histogram_value.num)) for e in events.Histograms(tag)])
for tag in sorted(tags["tensors"]):
    for event in events.Tensors(tag):
        strings = tensor_util.make_ndarray(event.tensor_proto)
        if len(strings) == 3:
            image = Image.open(io.BytesIO(strings[2]))
            image.load()
            if (str(image.width).encode(), str(image.height).encode()) != tuple(strings[:2]):
                sys.exit(f"{tag} is of another size than it says")
            print(tag, event.step, image.format, image.width, image.height)
        else:
            print(tag, event.step, strings[0].decode().split("\n")[0])
print("hparams", len(events.summary_metadata.get("_hparams_/session_start_info").plugin_data.content) > 0)
