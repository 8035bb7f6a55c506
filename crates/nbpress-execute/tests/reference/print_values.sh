hex() { printf s; printf %s "$1" | od -An -v -tx1 | tr -d ' \n'; }
show() {
  local kind key first=1
  kind=$(declare -p p0 2>/dev/null)
  case $kind in
    "declare -a"*)
      printf '['
      for key in "${p0[@]}"; do
        [ $first = 1 ] || printf ,
        first=0
        hex "$key"
      done
      printf ']\n' ;;
    "declare -A"*)
      printf '{'
      for key in "${!p0[@]}"; do
        hex "$key"; printf :; hex "${p0[$key]}"; echo
      done | sort | paste -sd, | tr -d '\n'
      printf '}\n' ;;
    *) hex "$p0"; echo ;;
  esac
}
