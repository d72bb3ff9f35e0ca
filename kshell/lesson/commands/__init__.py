"""The commands of the lessons; the registry in kshell/shell/commands finds them here when one is typed."""
