"""Trained models at work: predict, evaluate, calibrate, explain, and the baseline beside them."""

from .baseline import Baseline
from .blend import FROM_SCRATCH, MOST_CHARACTERS, TRANSFERRED, Blend, counts_beside, fit_weight, sharpness_of
from .calibrate import average, fit_temperature, probabilities
from .errors import InferenceError
from .evaluate import ClassReport, Estimate, Evaluation, evaluate
from .explain import Explanation, WordWeight, explain_by_gradient, explain_by_occlusion
from .onnx import CHECKED_TEXTS, OnnxCheck, OnnxDiffersError, OnnxMissingError, export_onnx, need_onnx
from .paired import Comparison, Paired, compare, paired_difference
from .predict import Prediction, Predictor
from .predictions import Predictions, PredictionsError, part_predictions, read_predictions, write_predictions
from .ranking import Bin, Curves, curves
from .writing import generate_text

__all__ = [
    "CHECKED_TEXTS", "FROM_SCRATCH", "MOST_CHARACTERS", "TRANSFERRED", "Baseline", "Bin", "Blend", "ClassReport",
    "Comparison", "Curves", "Estimate", "Evaluation", "Explanation", "InferenceError", "OnnxCheck",
    "OnnxDiffersError", "OnnxMissingError", "Paired", "Prediction", "Predictions", "PredictionsError", "Predictor",
    "WordWeight", "average", "compare", "counts_beside", "curves", "evaluate", "explain_by_gradient",
    "explain_by_occlusion", "export_onnx", "fit_temperature", "fit_weight", "generate_text", "need_onnx",
    "paired_difference", "part_predictions", "probabilities", "read_predictions", "sharpness_of", "write_predictions",
]
