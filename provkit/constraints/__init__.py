"""PROV-CONSTRAINTS: validity, normal form and equivalence of PROV documents."""

from provkit.constraints.checking import check
from provkit.constraints.normal_form import equivalent, normalize
from provkit.constraints.report import Report, Step, Violation
from provkit.constraints.statements import EXISTENTIAL_NAMESPACE

__all__ = [
    "EXISTENTIAL_NAMESPACE",
    "Report",
    "Step",
    "Violation",
    "check",
    "equivalent",
    "normalize",
]
