"""A third reading of the rules and of claims, by brute force, to test podcheck against.

It shares the parser and the declarations with podcheck, and nothing that gives them a meaning:
counts are Python integers, every exit code is itself, nothing is sliced, no containers are taken
for alike, nothing is cached between claims.
"""
