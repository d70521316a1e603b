"""The process in which the host runs a module. Modules import nothing from here."""
