#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The classic way, as an ifup.local does it: curl for the facts, ip for the changes, and a read of
# the end whether they are there. Only to compare with: it knows neither IPv6 nor lag nor errors.
#
#	classic.sh IFACE
set -eu

dev=$1
table=MYHA
priority=100
imds=http://169.254.169.254/latest
mac=$(cat "/sys/class/net/$dev/address")

token=$(curl -s -f -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' "$imds/api/token")

fact() {
	curl -s -f -H "X-aws-ec2-metadata-token: $token" \
		"$imds/meta-data/network/interfaces/macs/$mac/$1"
}

number=$(fact device-number)
if [ "$number" = 0 ]; then
	exit 0
fi
addresses=$(fact local-ipv4s)
subnet=$(fact subnet-ipv4-cidr-block)
if fact ipv6s > /dev/null; then
	echo "$dev: IPv6 is not configured by this script" >&2
fi
length=${subnet#*/}
network=${subnet%/*}
router=${network%.*}.$((${network##*.} + 1))

ip link set dev "$dev" up mtu 9001
echo 2 > "/proc/sys/net/ipv4/conf/$dev/rp_filter"
option=/$length
for address in $addresses; do
	# shellcheck disable=SC2086 # the prefix length, and an option behind it
	ip address add dev "$dev" $address$option
	option='/32 noprefixroute'
done
ip route replace "$subnet" dev "$dev" scope link table "$table"
ip route replace default via "$router" dev "$dev" table "$table"
if ! ip rule show | grep -q "^$priority:.*from $subnet lookup $table"; then
	ip rule add from "$subnet" lookup "$table" priority "$priority"
fi

ip rule show | grep -q "from $subnet lookup $table"
ip route show table "$table" | grep -q "^default via $router dev $dev"
