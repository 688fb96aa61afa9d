#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# One brand with bash, openssl, curl and jq, as a careful person writes it. `xargs -P 64` starts it for each brand.
# It uses builtins of bash if there are any (time, random id, reading files), so that the comparison is fair.
#
# usage: baseline.sh NAME CLIENT_ID, with ENDPOINT, CA_BUNDLE, SECRETS and OUT in the environment
set -euo pipefail

name=$1 client_id=$2
secret=$(<"$SECRETS/$name")
request_id=$(</proc/sys/kernel/random/uuid)
TZ=UTC printf -v timestamp '%(%Y-%m-%dT%H:%M:%SZ)T' -1
target=/${ENDPOINT#*://*/}
body='{"grant_type":"client_credentials","valid_time":"360"}'

digest=$(printf %s "$body" | openssl dgst -sha256 -binary | openssl base64 -A)
component="Client-Id:$client_id
Request-Id:$request_id
Request-Timestamp:$timestamp
Request-Target:$target
Digest:$digest"
# The secret is in argv, where every user of the machine can read it. This is what people do.
signature=$(printf %s "$component" | openssl dgst -sha256 -hmac "$secret" -binary | openssl base64 -A)

temporary=$(mktemp "$OUT/.$name.XXXXXXXX")
trap 'rm -f "$temporary"' EXIT

curl --silent --show-error --fail --cacert "$CA_BUNDLE" \
    --header "Client-Id: $client_id" \
    --header "Request-Id: $request_id" \
    --header "Request-Timestamp: $timestamp" \
    --header "Signature: HMACSHA256=$signature" \
    --header 'Content-Type: application/json' \
    --data "$body" "$ENDPOINT" |
    jq --exit-status --join-output '.token' >"$temporary"

chmod 0640 "$temporary"
sync "$temporary"
mv -f "$temporary" "$OUT/$name.token"
trap - EXIT
