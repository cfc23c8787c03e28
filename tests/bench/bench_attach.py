# SPDX-License-Identifier: Apache-2.0
"""`myha attach` and `myha boot`, against two floors and two other ways."""

from bench_measure import Trace, compare_outcomes, measure, require_same_changes, require_same_requests
from bench_stage import HERE, PRIORITY, TABLE, WORK, Imds, run, state, write

ADDRESSES_ONE = 2  # of the ENI in the attach of one interface
ADDRESSES_MANY = 50
ENIS = (1, 16, 64)

# The limits that the project promises.
MOST_OVER_LIBCURL = 1.3
LEAST_UNDER_SCRIPT = 6.0
MOST_REQUESTS = 7
MOST_PEAK_KIB = 12 * 1024
MOST_OVER_BATCH = 1.3


def changes(eni, addresses, table, priority):
    """The changes of an attach of this ENI, as lines for `ip -batch`."""
    device, subnet = f"eth{eni}", f"10.0.{eni}.0/24"
    yield f"link set {device} up mtu 9001"
    for i in range(addresses):
        rest = "/32 noprefixroute" if i else "/24"
        yield f"address add dev {device} 10.0.{eni}.{10 + i}{rest}"
    yield f"route add {subnet} dev {device} scope link table {table} protocol 77"
    yield f"route add default via 10.0.{eni}.1 dev {device} table {table} protocol 77"
    yield f"rule add from {subnet} lookup {table} priority {priority} protocol 77"


def undo_script(enis):
    """A script that brings the first ENIs back to what a hot-attached link is."""
    batch, resets = [], []
    for eni in range(1, enis + 1):
        batch += [f"rule del priority {PRIORITY + eni - 1}",
                  f"route flush table {TABLE + eni - 1}",
                  f"address flush dev eth{eni}",
                  f"link set eth{eni} down mtu 1500"]
        resets.append(f"echo 0 > /proc/sys/net/ipv4/conf/eth{eni}/rp_filter")
    path = write(f"{WORK}/undo-{enis}.batch", "\n".join(batch) + "\n")
    # A missing object cannot be removed: the state is compared, not ip's exit status.
    return write(f"{WORK}/undo-{enis}", f"ip -force -batch {path} > /dev/null 2>&1\n"
                 + "\n".join(resets) + "\nrm -f /run/myha/*\n")


def check_honesty(contestants, undo, seen):
    """The floors must send the same requests and changes as myha."""
    messages = {}
    for name in ("myha", "floor, libcurl", "floor, raw"):
        messages[name] = Trace(contestants[name]).messages
        run(*undo)
    for name in ("floor, libcurl", "floor, raw"):
        require_same_requests(seen, name, "myha")
        require_same_changes(name, messages[name], "myha", messages["myha"])


def bench_attach(options, report, network):
    network.grow(1)
    policy = write(f"{WORK}/policy.yaml", "version: 1\ninterfaces: {eth1: {}}\n")
    undo = ["sh", undo_script(1)]
    programs = options.programs
    attach = [options.myha, "--policy", policy, "attach", "eth1"]
    contestants = {
        "myha": attach,
        "floor, libcurl": [f"{programs}/floor_libcurl", "attach", "1"],
        "floor, raw": [f"{programs}/floor_raw", "attach", "1"],
        "script": [f"{HERE}/classic.sh", "eth1"],
    }
    with Imds(programs, 1, ADDRESSES_ONE) as imds:
        seen = compare_outcomes(contestants, undo, state, [imds])
        check_honesty(contestants, undo, seen)
        figures = measure(programs, 40 if options.quick else 200, contestants, undo)
        report.table(f"attach of one ENI with {ADDRESSES_ONE} addresses, IMDS answers at once",
                     figures, "floor, libcurl")
        loading = measure(programs, 40 if options.quick else 200, {
            "myha --version": [options.myha, "--version"],
            "floor, libcurl: nothing": [f"{programs}/floor_libcurl", "nothing"],
            "floor, raw: nothing": [f"{programs}/floor_raw", "nothing"],
        }, ["true"])
        report.table("of that, to be loaded and to leave", loading)
        run(*attach)
        idle = measure(programs, 40 if options.quick else 200, {"myha, nothing to do": attach},
                       ["true"])
        report.table("a second attach", idle)
        run(*undo)
        imds.delay(5)
        slow = measure(programs, 10 if options.quick else 30, contestants, undo)
        report.table("the same, IMDS answers after 5 ms", slow, "floor, libcurl")

    myha = figures["myha"]
    counts = seen["myha"][0]
    print()
    report.promise("attach, times the libcurl floor", myha.over(figures["floor, libcurl"]),
                   MOST_OVER_LIBCURL)
    report.promise("the script, times attach", figures["script"].over(myha),
                   LEAST_UNDER_SCRIPT, at_least=True)
    print(f"          (attach, times the raw floor: {myha.over(figures['floor, raw']):.2f})")
    report.promise("requests of an attach", len(counts.requests), MOST_REQUESTS)
    report.promise("connections of an attach", counts.connections, 1)
    report.promise("child processes and threads of an attach", max(myha.children), 0)
    report.promise("peak memory of an attach, KiB", max(myha.peak), MOST_PEAK_KIB)


def bench_boot(options, report, network):
    programs, rows = options.programs, []
    network.grow(max(ENIS))
    for enis in ENIS:
        entries = [f"  eth{eni}: {{table: {TABLE + eni - 1}, priority: {PRIORITY + eni - 1}}}\n"
                   for eni in range(1, enis + 1)]
        policy = write(f"{WORK}/policy-{enis}.yaml",
                       "version: 1\ninterfaces:\n" + "".join(entries))
        batch = write(f"{WORK}/changes-{enis}.batch", "\n".join(
            line for eni in range(1, enis + 1)
            for line in changes(eni, ADDRESSES_MANY, TABLE + eni - 1, PRIORITY + eni - 1)) + "\n")
        undo = ["sh", undo_script(enis)]
        contestants = {
            "myha boot": [options.myha, "--policy", policy, "boot"],
            "requests": [f"{programs}/floor_libcurl", "requests", "1", str(enis)],
            "ip -batch": ["ip", "-batch", batch],
        }
        with Imds(programs, enis, ADDRESSES_MANY):
            run(*contestants["myha boot"])
            run(*undo)
            rounds = (5 if options.quick else 20) * (2 if enis < max(ENIS) else 1)
            figures = measure(programs, rounds, contestants, undo)
        report.table(f"{enis} ENIs of {ADDRESSES_MANY} addresses", figures)
        rows.append((enis, figures))

    print(f"\n{'ENIs':>6}{'myha boot':>12}{'per address':>14}"
          f"{'/ (requests + batch)':>22}{'/ batch':>9}")
    for enis, figures in rows:
        boot, requests, batch = (figures[name] for name in ("myha boot", "requests", "ip -batch"))
        over = boot.over(requests, batch)
        print(f"{enis:6}{boot.median():9.1f} ms{boot.median() * 1000 / enis / ADDRESSES_MANY:11.1f}"
              f" us{over:22.2f}{boot.over(batch):9.2f}")
    print()
    report.promise(f"{enis} ENIs, times the requests and ip -batch", over, MOST_OVER_BATCH)
