# For other scripts to source: what they could not check, because something is missing, they say by `not_checked`. Where
# all of it must be there, as in CI, AWC_REQUIRED=true makes that an error.

not_checked() {
    echo "NOT CHECKED: $*"
    [ "${AWC_REQUIRED:-false}" != true ] || { echo "that is an error here, because AWC_REQUIRED is true" >&2; exit 1; }
}
