"""What was written and what happened, as plain facts: no RDF, no files, no clock.

Written: a `Plan` (script, module, command text) with its `Step`s and variables.
Happened: a `Trial` with its `Execution`s, `Value`s and `File`s. Around them: `Setting`,
`Package`, `Agent`. Whatever names another thing does so by `Reference` or by key, so a
trial is a value that can be compared, pickled and written down.
"""

from provkit.model.executions import (
    Agent,
    Derivation,
    Execution,
    Failure,
    File,
    Implementation,
    Output,
    Package,
    Setting,
    Status,
    Usage,
    Value,
)
from provkit.model.learning import (
    Dataset,
    Evaluation,
    KeptModel,
    Learning,
    LearningRun,
    ModelFacts,
    Origin,
    ParameterSetting,
    Split,
    SplitPart,
    TrainingCurve,
)
from provkit.model.notebooks import CellExecution, CellOutput, CellText, Content, Notebook
from provkit.model.plans import Cell, CellKind, Function, Plan, PlanKind, Stage, Step
from provkit.model.references import Reference, Scalar
from provkit.model.trials import Trial

__all__ = [
    "Agent",
    "Cell",
    "CellExecution",
    "CellKind",
    "CellOutput",
    "CellText",
    "Content",
    "Dataset",
    "Derivation",
    "Evaluation",
    "Execution",
    "Failure",
    "File",
    "Function",
    "Implementation",
    "KeptModel",
    "Learning",
    "LearningRun",
    "ModelFacts",
    "Notebook",
    "Origin",
    "Output",
    "Package",
    "ParameterSetting",
    "Plan",
    "PlanKind",
    "Reference",
    "Scalar",
    "Setting",
    "Split",
    "SplitPart",
    "Stage",
    "Status",
    "Step",
    "TrainingCurve",
    "Trial",
    "Usage",
    "Value",
]
