"""What runs in the confined child, and only there: the one place that parses media.

Nothing outside `kit.media.child` imports it.
"""
