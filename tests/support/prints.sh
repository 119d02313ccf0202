# prints.sh PROMPT N [FAULT]: a tool that only prints: N words about the prompt. Without a newline at the end, as some do.
prompt=$1
count=$2
case ${3:-} in
  fail) echo "prints.sh: cannot load the model" >&2; exit 3 ;;
  silent) exit 0 ;;
  slow) exec sleep 600 ;;
esac
awk -v n="$count" -v p="${#prompt}" 'BEGIN { for (i = 0; i < n; ++i) printf "%sw%d", (i ? " " : ""), (p + i * 7) % 100 }'
