"""PROV-CONSTRAINTS: validity, normal form and equivalence of PROV documents."""

from provkit.constraints.checking import check
from provkit.constraints.report import Report, Step, Violation

__all__ = ["Report", "Step", "Violation", "check"]
