# Thin on purpose: names the two commands of the README and the usual targets.
.PHONY: all demo test build lint format clean
all: build
demo test build lint format clean:
	./dev $@
