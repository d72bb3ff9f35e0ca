"""Lines as typed: cut into words, read by what a command declares, and answered where they are a Unix shell's.

Functions over text: this room imports errors, views and host_files.  It runs nothing, and knows neither the commands
nor the kernel; what it must ask of them it is handed.
"""
