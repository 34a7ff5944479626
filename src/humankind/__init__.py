"""humankind: AI that understands people, adapts to them and keeps them safe.

Importing this package is cheap: nothing heavy is loaded until a system is used.
"""

__version__ = "0.1.0"
