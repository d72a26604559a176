#!/bin/sh
# From nothing to a delivered message with five commands. Run it again: nothing happens twice.
#
# In a sandbox (careline sandbox start; eval "$(careline sandbox env)") with `careline receive` running. The code that Meta sends to the
# number's phone is read from the sandbox; with a real number a person types it.
set -eu

templates=$1
number=+390299887766
account=$CARELINE_SANDBOX_BUSINESS_ACCOUNT_ID

careline channels register whatsapp shop-mi --number "$number" --verified-name 'Negozio Milano' \
    --business-account-id "$account" --app-id "$CARELINE_SANDBOX_APP_ID"
careline channels code shop-mi --method sms --language it
careline channels verify shop-mi --code "$(careline sandbox code "$number" || echo 000000)"
careline templates apply "$templates" --channel shop-mi --wait
careline send --channel shop-mi --to +393331234567 --template order_update --param 1=Anna --key first
