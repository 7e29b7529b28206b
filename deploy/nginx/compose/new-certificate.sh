#!/bin/sh
# certbot's deploy hook: gives a new certificate to the proxy of compose.yaml.
set -eu
install -d -m 700 /etc/movieshow/tls
install -m 600 "$RENEWED_LINEAGE/fullchain.pem" "$RENEWED_LINEAGE/privkey.pem" /etc/movieshow/tls/
cd "$(dirname "$0")/../../.."
docker compose kill --signal HUP proxy || echo "no proxy runs yet; it reads the certificate when it starts"
