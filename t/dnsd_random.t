#!/usr/bin/perl

# A fleet that changes at random, through the registrar: registrations made,
# changed and withdrawn, leases that run out, an operator who edits the zone.
# After each round NSD and Knot are given what the registrar says is
# published, and random questions are asked of all three.
#
#   SRV_SEED=n         the same fleet and questions again
#   SRV_QUESTIONS=n    6000; the long form is 1000000 (a few minutes)

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use IO::Socket::IP;
use JSON::PP ();
use Net::DNS::Parameters qw(typebyname);
use Test::More;
use Time::HiRes qw(time);

use SrvRegistrar qw(outcome wait_until free_port);
use SrvRegistrar::Load;
use SrvRegistrar::Peers;

use constant SEED      => $ENV{SRV_SEED} // time() * 1000 % 1_000_000;
use constant QUESTIONS => $ENV{SRV_QUESTIONS} // 6000;
use constant LONG      => QUESTIONS >= 100_000;
use constant ROUNDS    => LONG ? 20 : 3;
use constant DEVICES   => LONG ? 100 : 16;

use constant STATIC => SrvRegistrar::Peers::STATIC;

use constant DAY   => 86400;
use constant BRIEF => 1;                 # s, a lease that is waited for

my $missing = SrvRegistrar::Peers->missing();

plan(skip_all => $missing) if defined($missing);
srand(SEED);
note('seed ' . SEED);

my $t = SrvRegistrar->new(zone_text => zone_file(''));
my $v6 = v6_port();

$t->configure(
    http   => 'srv_registrar_sweep off;',       # dnsd alone enforces leases
    server => "keepalive_requests 1000000;\n"
        . (defined($v6) ? "listen [::1]:$v6 ssl;" : ''),
    enroll => SrvRegistrar::Load->enroll_slot(),
    lease  => '1s 2h 1d',
    zone_base => <<'END',
ttl 60s;
lease %%lease%%;
type SRV TXT A AAAA TLSA SSHFP SVCB HTTPS URI CAA;
allow_address 127.0.0.0/8 ::/64;
max_rrs 24;
max_bytes 8k;
END
);
$t->start();
wait_until(sub { $t->store_check()->{zones} });
$t->start_dnsd('--udp-size', 4096);

my $load = SrvRegistrar::Load->new($t, clients => 1, devices => DEVICES);

$load->enroll();

my @fleet = @{ $load->{fleet} };
my %names;                               # of devices, now or once
my %published;                           # FQDN => records of the last reply
my @sockets;
my $links = '';

my $peers = SrvRegistrar::Peers->new(dir => $t->{dir},
    address => $t->{address}, zone => $t->{zone});

alarm(3600) if LONG;

for my $round (1 .. ROUNDS) {
    edit_zone($round) if $round == 2 || rand() < 0.2;
    change($_) for @fleet;
    @sockets = ();                       # nginx closes those that are idle
    wait_leases();
    compare($round);
}

$peers->stop();
done_testing();


# All that holds for a round is decided by then; nothing else changes.

sub compare
{
    my ($round) = @_;

    my $n = int(QUESTIONS / ROUNDS);
    my $serial = $t->serial();
    my $answers = scalar(map { alive($_->fqdn) } @fleet);

    $peers->start("\$ORIGIN $t->{zone}.\n" . soa($serial) . STATIC . $links
        . join('', map { zone_lines($_->fqdn) } @fleet));

    my $names = $t->path('names');

    $t->write('names', names());

    my $output = SrvRegistrar::run('sh', '-c', 'exec "$@" <"$0"', $names,
        SrvRegistrar->BUILD . '/t/dns_compare', SEED + $round, $n,
        "dnsd=$t->{address}\@$t->{dns_port}", $peers->arguments());

    is($?, 0, "round $round: $answers RRsets, $n questions: no disagreement")
        or diag("SRV_SEED=@{[ SEED ]}\n", $output);

    my ($answered) = $output =~ / (\d+) answered/;

    cmp_ok($answered // 0, '>', $n / 20, '... many of which had an answer');
    is($t->serial(), $serial, '... the zone stood still meanwhile');
}


# What exists with its types, and some of what once did.  The tool asks for
# the names above and below and beside them by itself.

sub names
{
    my %types;

    $types{$1}{$2} = 1 while STATIC =~ /^(\S+) \d+ (\S+)/mg;
    $types{$_} //= {} for grep { rand() < 0.1 } sort keys(%names);
    $types{$_} = {} for qw(todevice toservice tonothing);

    for my $fqdn (map { $_->fqdn } @fleet) {
        $types{ label($fqdn, $_->{name}) }{ $_->{type} } = 1 for alive($fqdn);
    }

    my $apex = delete $types{'@'};

    return join('', name_line($t->{zone}, $apex),
        map { name_line("$_.$t->{zone}", $types{$_}) } sort keys(%types));
}


sub name_line
{
    my ($name, $types) = @_;

    return join(' ', $name, map { typebyname($_) } sort keys(%$types)) . "\n";
}


# A name of a device, relative to the zone.

sub label
{
    my ($fqdn, $name) = @_;

    my ($label) = $fqdn =~ /^(\w+)/;

    return $name eq '@' ? $label : "$name.$label";
}


sub soa
{
    my ($serial) = @_;

    return "@ 3600 SOA ns1 hostmaster.mail $serial 3600 600 86400 300\n";
}


sub zone_file
{
    my ($links) = @_;

    return "\$ORIGIN devices.example.\n" . soa(1) . STATIC . $links;
}


# RRsets of a device that have lease left, as the registrar told them.

sub alive
{
    my ($fqdn) = @_;

    return grep { $_->{expires_at} > time() } @{ $published{$fqdn} // [] };
}


sub zone_lines
{
    my ($fqdn) = @_;

    my $lines = '';

    for my $rrset (alive($fqdn)) {
        my $owner = $rrset->{name} eq '@' ? '' : "$rrset->{name}.";

        $lines .= "$owner$fqdn. $rrset->{ttl} IN $rrset->{type} $_\n"
            for @{ $rrset->{data} };
    }

    return $lines;
}


# CNAMEs of the operator's that lead to devices.

sub edit_zone
{
    my ($round) = @_;

    my ($label) = $fleet[rand(@fleet)]->fqdn =~ /^(\w+)/;

    $links = "todevice 300 CNAME $label\n"
        . "toservice $round CNAME _xmpp-server._tcp.$label\n"
        . "tonothing 300 CNAME nope._tcp.$label\n";
    $t->write("$t->{zone}.zone", zone_file($links));

    my $serial = $t->serial();

    $t->reload_all() or die('no reload');
    wait_until(sub { $t->serial() != $serial }) or die('no new zone');
}


sub change
{
    my ($device) = @_;

    my $what = rand();
    my ($source, $socket) = any_socket();
    my @how = (socket => $socket, keepalive => 1);
    my $fqdn = $device->fqdn;
    my $reply;

    return if $what < 0.15;

    $reply = $what < 0.25 ? $device->delete(@how)
        : $what < 0.7 ? $device->put(registration($source), @how)
        : $device->patch({ records => [some_records($source, 4)] }, @how);

    # A refusal changes nothing.
    return if outcome($reply) =~ /too-much/;

    die('the registrar: ' . outcome($reply)) if outcome($reply) !~ /^2/;

    $published{$fqdn} = $reply->{json}{records} // [];
    $names{ label($fqdn, $_->{name}) } = 1 for @{ $published{$fqdn} };
}


# An address, and a connection from there that is kept.

sub any_socket
{
    my @sources = ((map { [source => "127.0.0.$_"] } 1 .. 3),
        defined($v6) ? [address => '::1', port => $v6] : ());
    my $i = int(rand(@sources));

    $sockets[$i] //= $t->{client}->connect(@{ $sources[$i] }) or die($@);

    return ($sources[$i][1], $sockets[$i]);
}


sub v6_port
{
    my $probe = IO::Socket::IP->new(LocalHost => '::1', Listen => 1)
        or return undef;

    return $probe->sockport();
}


sub registration
{
    my ($source) = @_;

    my %services;

    $services{"$_->{service} " . ($_->{host} // '')} = $_
        for map { service() } 1 .. rand(5);

    return {
        rand() < 0.2 ? (lease => BRIEF) : (lease => DAY),
        services => [map { $services{$_} } sort keys(%services)],
        records  => [some_records($source, 6)],
        $source =~ /:/ && rand() < 0.5
            ? (address => { ipv6 => '::' . (1 + int(rand(9))) }) : (),
    };
}


sub service
{
    my %service = (
        service => any(qw(_xmpp-server._tcp _xmpps-server._tcp _sip._udp)),
        rand() < 0.3 ? (host => any(qw(conference a.b box))) : (),
    );

    return { %service, offered => JSON::PP::false } if rand() < 0.2;

    return { %service, port => 1 + int(rand(65535)),
             priority => int(rand(3)), ttl => 1 + int(rand(300)) };
}


# Of each owner and type once.

sub some_records
{
    my ($source, $n) = @_;

    my %records;

    for (1 .. 1 + rand($n)) {
        my $record = record($source);

        $records{"$record->{name} $record->{type}"} = $record;
    }

    return map { $records{$_} } sort keys(%records);
}


# An address has to be the source's.

sub record
{
    my ($source) = @_;

    my $host = any(qw(box box.a host-1.sub));
    my @texts = map { '"' . any('a' .. 'z') x (1 + rand(250)) . " $_\"" }
        1 .. any(1, 1, 2, 5, 20);
    my @hashes = map { sprintf('%02x', $_) x 32 } 1 .. any(1, 2, 20);
    my ($type, $name, @data) = @{ any(
        [$source =~ /:/ ? 'AAAA' : 'A', $host, $source],
        ['TXT', any('@', '_acme-challenge', 'a.b.c', $host), @texts],
        ['TLSA', any('_443._tcp', '_25._tcp.box'), map { "3 1 1 $_" } @hashes],
        ['SSHFP', '@', map { "4 2 $_" } @hashes],
        ['CAA', any('@', $host), '0 issue "ca.example"'],
        ['URI', '_http._tcp', '10 1 "https://a.example/"'],
        ['HTTPS', any('@', $host), '1 . alpn=h2 port=8443', "2 $host"],
        ['SVCB', '_dns', "1 $host alpn=dot", '2 box port=1'],
        ['SRV', '_many._tcp', map { "1 2 $_ " . any($host, 'box', 'none') }
            1 .. any(1, 3, 9)],
    ) };

    return { name => $name, type => $type, data => \@data,
             ttl => 1 + int(rand(300)),
             lease => rand() < 0.2 ? BRIEF : DAY };
}


sub any { return $_[rand(@_)] }


# What is brief is over by the registrar's clock and by dnsd's.

sub wait_leases
{
    my ($last) = sort { $b <=> $a } grep { $_ < time() + 60 }
        map { $_->{expires_at} } map { @$_ } values(%published);

    return if !defined($last);

    wait_until(sub { time() > $last + 1 }) or die('leases go on');
}
