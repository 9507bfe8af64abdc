"""Compares ONNX models with the probabilities that Lockstep gives.

Usage: compare_onnx.py FOLDER. A folder in it has model.onnx, the samples in test-x.npy, their lengths in
test-lengths.npy if they have some, and probabilities.npy. Prints the largest difference of each from
the model's in ONNX Runtime, and of the logarithms, which are the logits but for a number that is the
same for all classes.
"""

import json
import pathlib
import sys

import numpy
import onnxruntime

for folder in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    session = onnxruntime.InferenceSession(folder / "model.onnx")
    inputs = {"x": numpy.load(folder / "test-x.npy").astype(numpy.float32)}
    lengths = folder / "test-lengths.npy"
    if lengths.exists():
        inputs["lengths"] = numpy.load(lengths).astype(numpy.int64)
    logits, probabilities = session.run(["logits", "probabilities"], inputs)
    expected = numpy.load(folder / "probabilities.npy")
    largest = logits.max(1, keepdims=True)
    sums = numpy.log(numpy.exp((logits - largest).astype(numpy.float64)).sum(1, keepdims=True))
    print(
        folder.name,
        numpy.abs(probabilities - expected).max(),
        numpy.abs(logits - largest - sums - numpy.log(expected)).max(),
        int((logits.argmax(1) != expected.argmax(1)).sum()),
        json.dumps(session.get_modelmeta().custom_metadata_map, sort_keys=True),
    )
