"""Hold trials and documents against SHACL shapes, and say what is wrong in the user's words.

`checking` does it; `profiles` chooses shapes, `engine` runs them, `wording` turns nodes back into
scripts, lines, variables and files, `formats` writes the report down.
"""

from provkit.validation.checking import validate_document, validate_trial
from provkit.validation.formats import as_junit, as_turtle
from provkit.validation.profiles import PROFILES, Profile, profile_named
from provkit.validation.report import SEVERITIES, Finding, Report, Severity

__all__ = [
    "PROFILES",
    "SEVERITIES",
    "Finding",
    "Profile",
    "Report",
    "Severity",
    "as_junit",
    "as_turtle",
    "profile_named",
    "validate_document",
    "validate_trial",
]
