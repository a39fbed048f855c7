# Reads `go test -v`: prints one line for a package that passed and everything of
# one that failed, and fails if a test was skipped. Exit status of go test itself
# is kept by pipefail.
{ text = text $0 "\n" }
/^ *--- SKIP: / { skipped = skipped "  " $3 "\n" }
/^(ok  |\?   |FAIL)\t/ || /^\t[^ ]+\t+coverage: / {
	if ($1 == "FAIL") printf "%s", text; else print
	text = ""
}
END {
	if (text ~ /[^\n]/) printf "%s", text
	if (skipped != "") {
		printf "These tests were skipped, and in CI none may be:\n%s", skipped
		exit 1
	}
}
