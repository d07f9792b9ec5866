"""The shell: who is called when. Agents, the path of one image, wiring and the command line."""
