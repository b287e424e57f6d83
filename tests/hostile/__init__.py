"""Peers without manners against the lab's server and client, with memory and time bounded: see README.md."""
