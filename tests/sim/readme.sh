# The tours of the READMEs: every command shown gives the output shown.
exec "$PYTHON3" "$srcdir/tests/cli/examples.py" "$srcdir/README.md" "$srcdir/README.zh.md"
