"""ONNX models as `.npu` networks: `import_model`. The package `onnx` is imported when a model is read."""

from .errors import OnnxError
from .importer import Imported, import_model, network_name

__all__ = ["Imported", "OnnxError", "import_model", "network_name"]
