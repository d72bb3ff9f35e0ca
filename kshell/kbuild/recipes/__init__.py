"""The commands under a rule: read as /bin/sh reads them, and carried out as far as nothing of the host is run.

It may import the language of Makefiles, trees, and the step that removes outputs.  It must not know the goals of a
kernel tree: a make inside a recipe is handed back to whoever runs the recipe.
"""
