"""The class of each stage: PROV-ML's name where its papers have one, else provkit's own."""

from __future__ import annotations

STAGE_TERMS: dict[str, str] = {
    "imports": "pk:Imports",
    "data_loading": "pk:DataLoading",
    "preprocessing": "pk:DataPreparation",
    "feature_engineering": "pk:FeatureEngineering",
    "split": "pk:DataSplit",
    "model_definition": "pk:ModelDefinition",
    "training": "pml:Training",
    "evaluation": "pml:Evaluation",
    "visualisation": "pk:Visualisation",
    "saving": "pk:Saving",
    "other": "pk:OtherStage",
}
"""By the name that the knowledge base and `provkit plan` use."""
