#!/usr/bin/perl

# Zonemaster, which registries judge delegations by, in an internet of our own:
# a network namespace with a root, a parent, and our zone on four addresses
# behind four prefixes.  Addresses and ports are those of real servers, since
# Zonemaster finds fault with any others; none of it leaves the namespace.
#
# Nothing above INFO may come but what %excused has, with its reason.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar;
use SrvRegistrar::Dnsd;
use SrvRegistrar::Process qw(program wait_until);

use constant ZONE   => 'devices.example';
use constant INSIDE => 'SRV_ZONEMASTER_NAMESPACE';

# What does not depend on how dnsd answers.
my %excused = (
    NOT_SIGNED            => 'the zone has no DNSSEC',
    NEITHER_DNSKEY_NOR_DS => 'the zone has no DNSSEC',
);

# What must come: of a server that does not answer there is little to say.
my @wanted = qw(HAS_NAMESERVERS ENOUGH_IPV6_NS_CHILD ARE_AUTHORITATIVE
    NO_RECURSOR EDNS0_SUPPORT AXFR_FAILURE SAME_SOURCE_IP CAN_BE_RESOLVED
    NO_UPWARD_REFERRAL QNAME_CASE_SENSITIVE CASE_QUERIES_RESULTS_OK
    ONE_SOA_SERIAL ONE_NS_SET ADDRESSES_MATCH ONE_SOA Z09_MX_DATA);

my %ours = (
    ns1 => ['45.60.1.53', '2a01:4f8:1::53'],
    ns2 => ['81.2.69.53', '2a02:26f0:1::53'],
);
my %theirs = (
    root => ['198.41.0.4', '2001:503:ba3e::2:30'],
    nic  => ['192.5.6.30', '2001:503:a83e::2:30'],
);
my $mail = '45.60.1.25';

enter_namespace() if !$ENV{ +INSIDE };

my $d = SrvRegistrar::Dnsd->new(address => $ours{ns1}[0], port => 53,
                                options => []);      # as it comes

prepare_network();
my $nsd = start_nsd();

$d->fill(zone());
$d->start(map { ('--listen', $_) } $ours{ns1}[1], @{ $ours{ns2} });

my $output = zonemaster();
my @found = map { [/^\s*[\d.]+\s+(\w+)\s+\S+\s+(\w+)/] }
    grep { /^\s*\d/ } split(/\n/, $output);
my %tags = map { $_->[1] => 1 } @found;

is(join(' ', grep { !$tags{$_} } @wanted), '', 'all that could be tested was')
    or diag($output);

my @faults = grep {
    $_->[0] ne 'INFO' && !($_->[0] eq 'NOTICE' && $excused{ $_->[1] })
} @found;

is(join(', ', map { "@$_" } @faults), '', 'no fault found')
    or diag($output);

my $counters = $d->counters();

cmp_ok($counters->{BADVERS}, '>=', 4, 'asked for EDNS versions');
cmp_ok($counters->{NOERROR}, '>=', 20, 'answered');
is($counters->{SERVFAIL}, 0, 'no failure');

$nsd->stop();
is($d->stop(), 0, 'stopped');
$d->finish();
done_testing();


# Runs this test again, in a network of its own, as root in there.

sub enter_namespace
{
    my $missing = join(', ', grep { !program($_) }
        qw(zonemaster-cli nsd unshare ip));

    plan(skip_all => "no $missing") if $missing;

    my @unshare = ('unshare', $> == 0 ? '-n' : '-rn');

    plan(skip_all => 'no network namespaces here')
        if system("@unshare ip link set lo up 2>/dev/null") != 0;

    local $ENV{ +INSIDE } = 1;

    exec(@unshare, $^X, $0) or die("unshare: $!");
}


sub prepare_network
{
    my @addresses = ($mail, map { @$_ } values(%ours), values(%theirs));

    system('ip', 'link', 'set', 'lo', 'up') == 0 or die('no loopback');

    for my $address (@addresses) {
        system('ip', 'address', 'add', 'dev', 'lo', $address =~ /:/
            ? ("$address/128", 'nodad') : "$address/32") == 0
            or die("no address $address");
    }
}


sub zone
{
    return join("\n", 'zone ' . ZONE,
        'rr @ 3600 SOA ns1 hostmaster 1 14400 3600 1209600 300',
        'rr @ 3600 NS ns1', 'rr @ 3600 NS ns2',
        'rr @ 3600 MX 10 mail', "rr mail 3600 A $mail",
        'rr @ 3600 TXT "v=spf1 mx -all"',
        map({ addresses('rr ', $_, @{ $ours{$_} }) } sort keys(%ours)),
        'device dev1', 'set @ A 60 +86400 45.60.1.99',
        'set _xmpp-server._tcp SRV 60 +86400 0 0 15269 @') . "\n";
}


sub addresses
{
    my ($before, $name, $v4, $v6) = @_;

    return ("$before$name 3600 A $v4", "${before}$name 3600 AAAA $v6");
}


# The root, the parent, and the names of addresses.

sub start_nsd
{
    my $dir = $d->{dir};
    my $listen = join('', map { "    ip-address: $_\n" }
        map { @$_ } values(%theirs));
    my @nic = @{ $theirs{nic} };
    my @root = @{ $theirs{root} };

    write_file("$dir/root", join("\n", '$ORIGIN .',
        '@ 3600 SOA a.root.test. h.root.test. 1 14400 3600 1209600 300',
        '@ 3600 NS a.root.test.',
        addresses('', 'a.root.test.', @root),
        'example. 3600 NS a.nic.example.',
        addresses('', 'a.nic.example.', @nic),
        map { reverse_lines("$_." . ZONE . '.', @{ $ours{$_} }) }
            sort keys(%ours)) . "\n");
    write_file("$dir/example", join("\n", '$ORIGIN example.',
        '@ 3600 SOA a.nic h.nic 1 14400 3600 1209600 300',
        '@ 3600 NS a.nic', addresses('', 'a.nic', @nic),
        map { ('devices 3600 NS ' . "$_.devices",
               addresses('', "$_.devices", @{ $ours{$_} })) }
            sort keys(%ours)) . "\n");
    write_file("$dir/hints", join("\n", '. 3600 NS a.root.test.',
        addresses('', 'a.root.test.', @root)) . "\n");
    write_file("$dir/nsd.conf", <<"END");
server:
$listen    server-count: 1
    username: ""
    chroot: ""
    zonesdir: "$dir"
    database: ""
    pidfile: "$dir/nsd.pid"
    xfrdfile: "$dir/nsd.xfrd"
    zonelistfile: "$dir/nsd.list"
    xfrdir: "$dir"
    rrl-ratelimit: 0
remote-control:
    control-enable: no
zone:
    name: .
    zonefile: root
zone:
    name: example
    zonefile: example
END

    return SrvRegistrar::Process->start(
        command => [program('nsd'), '-d', '-c', "$dir/nsd.conf"],
        output  => "$dir/nsd.log",
        ready   => sub {
            SrvRegistrar::Process::listens($root[0], 53)
        },
    );
}


sub reverse_lines
{
    my ($name, @addresses) = @_;

    return map {
        Net::DNS::Question->new($_, 'PTR')->qname . ". 3600 PTR $name"
    } @addresses;
}


sub write_file
{
    my ($name, $text) = @_;

    open(my $file, '>', $name) or die("$name: $!");
    print $file $text;
    close($file) or die("$name: $!");
}


sub zonemaster
{
    return SrvRegistrar::run(program('zonemaster-cli'), '--hints',
        "$d->{dir}/hints", qw(--level INFO --raw --show-level --show-testcase
        --no-progress), ZONE);
}
