# The page of the browser agent, in build/web: packages by npm, and ours beside them. Sourced by ./lab.

# Packages come into build/web-packages as package-lock.json has them, with no script of theirs run. The environment has another
# list of certificates than the machine, which may have its own for the way out: npm is given that.
install_web_packages() {
  local folder=$PROJECT/build/web-packages
  if cmp -s "$PROJECT/web/package-lock.json" "$folder/.installed"; then return; fi
  mkdir -p "$folder" || die "cannot write $folder"
  cp "$PROJECT/web/package.json" "$PROJECT/web/package-lock.json" "$folder/"
  local certificates=()
  if [[ -r /etc/ssl/certs/ca-certificates.crt ]]; then
    cp /etc/ssl/certs/ca-certificates.crt "$folder/certificates.crt"
    certificates=(env "NODE_EXTRA_CA_CERTS=$folder/certificates.crt")
  fi
  say "npm packages of the web page"
  inside "${certificates[@]}" npm ci --prefix "$folder" --ignore-scripts --no-audit --no-fund >"$folder/npm.log" 2>&1 9>&- </dev/null ||
    die "npm could not install the packages of the web page:" "$(grep -i error "$folder/npm.log" | head -n 3)" "All it said is in $folder/npm.log"
  cp "$folder/package-lock.json" "$folder/.installed"
}

# Makes build/web where it is missing or older than web/. Needs `enter dev`.
build_web() {
  local site=$PROJECT/build/web
  mkdir -p "$PROJECT/build" || die "cannot write $PROJECT/build"
  lock "the web page" "$PROJECT/build/.lock-web"
  install_web_packages
  if [[ ! -e $site/versions.json || -n $(find "$PROJECT/web" -newer "$site/versions.json" -print -quit) ]]; then
    inside node "$PROJECT/web/layout.mjs" "$PROJECT/build/web-packages" "$site" >&2 9>&- </dev/null ||
      die "the web page could not be laid out; node's message is above"
  fi
  unlock
}

lab_web() {
  (($# == 0)) || die_usage "web takes no arguments"
  enter dev
  build_web
  say "the page is in build/web; \`edgelab hub --web build/web\` serves it"
}
