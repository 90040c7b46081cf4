# Makes the cluster: safe to repeat, writes the kubeconfig last. The file `deed` makes it end its parent, or never end.
set -eu
echo started >>starts
deed=$(cat deed 2>/dev/null || true)
rm -f deed
if [ "$deed" = kill-before ]; then
  kill -9 "$PPID"
  exit 1
fi
echo made >>made
cp kubeconfig.made kubeconfig.new
mv kubeconfig.new kubeconfig
case "$deed" in
kill-after) kill -9 "$PPID" ;;
never-end) exec sleep 600 ;;
esac
