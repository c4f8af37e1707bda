package Bench::UpdatePeers;

# DNS servers that take durable updates (RFC 2136) signed with TSIG, from
# dnsperf: each replaces a device's A and SRV records by one UPDATE.

use strict;
use warnings;

use Carp qw(croak);
use File::Copy qw(copy);
use File::Path qw(make_path remove_tree);
use Net::DNS ();

use Bench::DnsServers ();
use Bench::Fleet;
use Bench::Machine qw(pinned prefer);
use Bench::Table qw(median);
use Bench::Usage ();
use SrvRegistrar::Process qw(free_port program);

use constant ZONE => Bench::Fleet::ZONE;
use constant KEY  => 'bench';

# Base64; of no use to anybody.
use constant SECRET => 'MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=';

# BIND listens on addresses that an interface has.
use constant ADDRESS => '127.0.0.1';

use constant START_TIMEOUT => 300;

# More than the fastest of them does in a run, so that none comes twice.
use constant UPDATES_A_SECOND => 15000;

# The second is what dnsperf is told to keep outstanding to find the limit.
use constant OUTSTANDING => (64, 1000);

# name, the program that has to be there, and what writes its configuration
# and returns its command.
use constant SERVERS => (
    ['named', 'named',       \&named],
    ['knot',  'knotd',       \&knot],
    ['pdns',  'pdns_server', \&pdns],
);


# build, data, dir, devices, options: as for Bench::DnsFleet.  A list of
# { name, devices, outstanding, rate, cpu, latency, lost }.  A server that is
# not there, or does not work, is left out: it is not what is under test.

sub measure
{
    my (%args) = @_;

    if (!program('dnsperf')) {
        print(STDERR "not installed: dnsperf\n");
        return;
    }

    my $zone = Bench::Fleet->new(dir => $args{data}, build => $args{build},
        devices => $args{devices})->zone();
    my @found;

    for my $server (SERVERS) {
        my ($name, $program) = @$server;

        next if !grep { $_ eq $name } split(/,/, $args{options}{peers});

        if (!program($program)) {
            print(STDERR "not installed: $name\n");
            next;
        }

        push(@found, eval { served($server, $zone, %args) });
        print(STDERR "$name is left out: $@") if $@;
    }

    return @found;
}


sub served
{
    my ($server, $zone, %args) = @_;

    my ($name, undef, $configure) = @$server;
    my $dir = "$args{dir}/$name";
    my $port = free_port(ADDRESS);

    make_path($dir);
    copy($zone, "$dir/" . ZONE) or croak("$dir: $!");

    my $process = SrvRegistrar::Process->start(
        command => [pinned('server'), $configure->($dir, $port)],
        output  => "$dir/log",
        timeout => START_TIMEOUT,
        ready   => sub { answers($port) },
    );

    my %peer = (name => $name, devices => $args{devices}, zone => $zone,
        dir => $dir, pid => $process->{pid}, port => $port, sent => 0,
        options => $args{options});
    my @found = map { { %peer, loads(\%peer, $_) } } OUTSTANDING;

    $process->stop();
    remove_tree($dir);

    return @found;
}


sub answers
{
    my ($port) = @_;

    my $reply = Net::DNS::Resolver->new(nameservers => [ADDRESS],
        port => $port, recurse => 0, retry => 1, udp_timeout => 1)
        ->send(ZONE, 'SOA');

    return $reply && $reply->answer();
}


# The medians of some runs.

sub loads
{
    my ($peer, $outstanding) = @_;

    my @processes = $peer->{options}{realtime}
        ? Bench::Usage::processes($peer->{pid}) : ();
    my @runs;

    for (1 .. $peer->{options}{runs}) {
        my $updates = write_updates($peer);

        prefer(1, @processes);
        push(@runs, load($peer, $outstanding, $updates));
        prefer(0, @processes);
    }

    return (outstanding => $outstanding, map {
        my $what = $_;

        $what => median(map { $_->{$what} } @runs)
    } qw(rate cpu latency lost));
}


sub load
{
    my ($peer, $outstanding, $updates) = @_;

    my $before = Bench::Usage::cpu($peer->{pid})->{total};

    open(my $pipe, '-|', $peer->{options}{realtime}
        ? (program('chrt'), '-r', 1) : (), pinned('client'),
        program('dnsperf'), '-u', '-y', 'hmac-sha256:' . KEY . ':' . SECRET,
        '-s', ADDRESS, '-p', $peer->{port}, '-d', $updates, '-n', 1, '-c', 16,
        '-q', $outstanding, '-l', seconds($peer)) or croak("dnsperf: $!");

    my $text = do { local $/; <$pipe> };

    close($pipe) or croak("dnsperf: $text");

    my $used = Bench::Usage::cpu($peer->{pid})->{total} - $before;
    my ($sent) = $text =~ /^\s*\w+ sent:\s+(\d+)/m;
    my ($right) = $text =~ /NOERROR (\d+)/;
    my ($seconds) = $text =~ /Run time \(s\):\s+([\d.]+)/;
    my ($latency) = $text =~ /Average Latency \(s\):\s+([\d.]+)/;

    $right && $sent && $seconds or croak("no update was accepted:\n$text");

    return {
        rate    => $right / $seconds,
        cpu     => $used * 1e6 / $right,
        latency => $latency * 1e3,
        lost    => 100 * ($sent - $right) / $sent,
    };
}


# dnsperf knows whole ones.

sub seconds
{
    my ($peer) = @_;

    my $seconds = int($peer->{options}{seconds});

    return $seconds > 0 ? $seconds : 1;
}


# The file of a run's updates, each of the next device and with another port:
# none says what its name has already, which would cost a server nothing.

sub write_updates
{
    my ($peer) = @_;

    my $path = "$peer->{dir}/updates";

    open(my $in, '<', $peer->{zone}) or croak("$peer->{zone}: $!");
    open(my $out, '>', $path) or croak("$path: $!");

    for (1 .. seconds($peer) * UPDATES_A_SECOND) {
        my ($label, $address) = next_device($in);
        my $owner = "_xmpp-server._tcp.$label";
        my $port = 1024 + $peer->{sent}++ % 64000;

        print $out ZONE . "\n"
            . "delete $label A\nadd $label 60 A $address\n"
            . "delete $owner SRV\n"
            . "add $owner 60 SRV 0 0 $port $label." . ZONE . ".\nsend\n";
    }

    close($out) or croak("$path: $!");

    return $path;
}


# Around and around the zone.

sub next_device
{
    my ($in) = @_;

    while (1) {
        seek($in, 0, 0) if eof($in);
        return ($1, $2) if readline($in) =~ /^(\w{32}) A (\S+)/;
    }
}


sub named
{
    my ($dir, $port) = @_;

    Bench::DnsServers::write_file("$dir/named.conf", <<"END2");
key "@{[KEY]}" { algorithm hmac-sha256; secret "@{[SECRET]}"; };
options {
    directory "$dir";
    listen-on port $port { @{[ADDRESS]}; };
    listen-on-v6 { none; };
    pid-file "$dir/named.pid";
    session-keyfile "$dir/session.key";
    recursion no;
    allow-query { any; };
    dnssec-validation no;
    notify no;
    check-integrity no;
};
controls { };
logging { category default { null; }; };
zone "@{[ZONE]}" {
    type primary;
    file "$dir/@{[ZONE]}";
    masterfile-format text;
    allow-update { key @{[KEY]}; };
};
END2

    return (program('named'), '-f', '-n', 1, '-U', 1, '-c',
        "$dir/named.conf");
}


sub knot
{
    my ($dir, $port) = @_;

    Bench::DnsServers::write_file("$dir/knot.conf", <<"END2");
server:
    rundir: "$dir"
    listen: @{[ADDRESS]}\@$port
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
log:
  - target: stderr
    any: warning
database:
    storage: "$dir"
key:
  - id: @{[KEY]}
    algorithm: hmac-sha256
    secret: @{[SECRET]}
acl:
  - id: update
    key: @{[KEY]}
    action: update
template:
  - id: default
    semantic-checks: off
    zonefile-sync: -1
zone:
  - domain: @{[ZONE]}
    file: "$dir/@{[ZONE]}"
    acl: update
END2

    return (program('knotd'), '-c', "$dir/knot.conf");
}


sub pdns
{
    my ($dir, $port) = @_;

    Bench::DnsServers::write_file("$dir/pdns.conf", <<"END2");
launch=lmdb
lmdb-filename=$dir/zones
lmdb-shards=1
local-address=@{[ADDRESS]}
local-port=$port
socket-dir=$dir
daemon=no
guardian=no
receiver-threads=1
distributor-threads=1
dnsupdate=yes
allow-dnsupdate-from=127.0.0.0/8
loglevel=3
disable-syslog=yes
END2

    for my $command (['load-zone', ZONE, "$dir/" . ZONE],
        ['import-tsig-key', KEY, 'hmac-sha256', SECRET],
        ['set-meta', ZONE, 'TSIG-ALLOW-DNSUPDATE', KEY])
    {
        my $log = qx{@{[program('pdnsutil')]} --config-dir=$dir @$command 2>&1};

        croak("pdnsutil @$command:\n$log") if $? != 0;
    }

    return (program('pdns_server'), "--config-dir=$dir");
}


1;
