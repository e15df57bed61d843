"""The only code of the studio that touches threads and processes.

Nothing is imported here: the training process needs the hosts and must not load Qt, which costs memory and, on
Windows, has to come after torch.
"""
