"""How near inference through Triton comes to the network alone: speed, latency, bytes, memory.

    python -m bench.inference [--json FILE] [--profile NAME] [--triton URL --models FOLDER] [--gpu]

The peer is ONNX Runtime called directly, by the Python that Triton's backend runs on, on the same cores, in the same
run. Both take turns in short slices, and what is told is the median over the rounds, since machines are shared.
"""
