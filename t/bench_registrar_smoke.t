#!/usr/bin/perl

# The registrar's benchmark at work for a moment: that its tables come out,
# that its load is right, and that what it counts as acknowledged stands in
# the store when nginx was killed.  Never a time.

use strict;
use warnings;

use File::Path qw(make_path);
use File::Temp ();
use FindBin;
use lib "$FindBin::Bin/lib", "$FindBin::Bin/bench";
use JSON::PP;
use Test::More;

use Bench::Fleet;
use Bench::Registrar;
use Bench::RegistrarReport ();
use Bench::UpdatePeers ();
use SrvRegistrar ();
use SrvRegistrar::Process qw(program wait_until);

use constant BUILD => SrvRegistrar::BUILD;
use constant DEVICES => 100;

plan(skip_all => 'no taskset') if !program('taskset');

my $dir = File::Temp->newdir('bench-XXXXXX', TMPDIR => 1);


subtest 'the whole bench' => sub {
    my ($out, %found) = bench();

    is($?, 0, 'succeeds') or diag($out);
    like($out, qr/^100 devices; latency in milliseconds/m, 'names the fleet');

    for my $name ('update', 'update, a tenth of it', 'refresh', 'enrolment',
        'update, new connection')
    {
        like($out, qr/^\| \Q$name\E +\|(?: +[\d.,]+ \|){10}/m,
            "has figures of: $name");
    }

    for my $name ('return 200', 'return 200, new connection',
        'return 200, certificate')
    {
        like($out, qr/^\| \Q$name\E +\| .* \| +\| +\| +1\.00 \|$/m,
            "commits nothing: $name");
    }

    like($out, qr{^\| CPU of an update / return 200, 100 .* <= 4 \| +\w+ \|$}m,
        'compares with what was aimed at');

    is($found{"$_ acknowledged"}, $found{"$_ sent"}, "all acknowledged: $_")
        for qw(change tenth refresh return fresh enroll beside);

    is($found{"$_ changed"}, $found{"$_ sent"}, "all change something: $_")
        for qw(change tenth fresh);
    is($found{'refresh changed'}, 0, 'a refresh changes nothing');
    unlike($out, qr/signed/, 'silent about a signed zone');
};


# The fleet is as the registrar itself would have signed it: an update makes
# the signatures of what it changes, SRV and once A, a commit that of the SOA.

subtest 'a signed zone' => sub {
    plan(skip_all => 'no dnssec-keygen') if !program('dnssec-keygen');

    my ($out, %found) = bench('--signed');

    is($?, 0, 'succeeds') or diag($out);

    for my $name ('update', 'update, a tenth of it', 'refresh') {
        like($out, qr/^\| \Q$name\E, signed +\|(?: +[\d.,]+ \|){10}/m,
            "has figures of: $name");
    }

    like($out, qr{^\| signed / not signed, 100 +\|}m, 'holds them together');
    like($out, qr/^\| \Q$_\E +\|(?: +[\d.]+ \([\d.]+ to [\d.]+\) \|){3}/m,
        "... in: $_") for 'per second', 'CPU', 'of it the event loop', 'p99';

    is($found{"signed_$_ acknowledged"}, $found{"signed_$_ sent"},
        "all acknowledged: $_") for qw(change tenth refresh);
    is($found{"$_ signatures"}, 0, "no signature: $_")
        for qw(change refresh signed_refresh);

    my %signed = map { /^signed_change (\w+)/ ? ($1, $found{$_}) : () }
        keys(%found);
    my $commits = $signed{commits} * $signed{seconds};

    cmp_ok($signed{signatures}, '>=', 1, 'signatures are made for an update');
    cmp_ok($signed{signatures} - $commits / $signed{acknowledged}, '<', 2.01,
        '... of what it changes alone');
};


subtest 'acknowledged is durable' => sub {
    my $registrar = Bench::Registrar->start(
        build => BUILD,
        dir   => "$dir/durable",
        fleet => Bench::Fleet->new(dir => $dir, build => BUILD,
                                   devices => DEVICES),
    );
    my $file = "$dir/acknowledged";
    my $found = $registrar->load('--connections', 16, '--count', 400,
        '--seconds', 60, '--acknowledged', $file);
    my @pids = ($registrar->worker(), $registrar->{process}{pid});

    kill('KILL', @pids);
    ok(wait_until(sub { !$registrar->{process}->alive() }), 'killed');

    is($found->{acknowledged}, 400, 'all were acknowledged');
    cmp_ok($found->{commits}, '>', 0, 'there were commits');
    cmp_ok($found->{batch}, '>=', 1, '... of some updates each');

    my %stored = ports("$dir/durable/store");
    my %acknowledged = map { split(' ') } split(/\n/, slurp($file));

    is(scalar(keys(%acknowledged)), DEVICES, 'each device had its turn');
    is_deeply(\%stored, \%acknowledged, 'the store has the last of each');
    is_deeply([glob("$dir/durable/sanitizer*")], [], 'no report');
};


# What the bench believes, it must be able to doubt.

subtest 'a refusal fails it' => sub {
    my $registrar = Bench::Registrar->start(
        build => BUILD,
        dir   => "$dir/refused",
        fleet => Bench::Fleet->new(dir => $dir, build => BUILD,
                                   devices => DEVICES),
    );

    for my $case (['--secret', '33' x 32, qr/signature-invalid/],
                  ['--path', '/none', qr/: 405 /],
                  ['--zone', 'other.example', qr/unknown-key/])
    {
        my ($option, $value, $says) = @$case;
        my $out = SrvRegistrar::run(BUILD . '/bench/registrar_load',
            '--server', "$registrar->{address}\@$registrar->{port}",
            '--devices', DEVICES, '--connections', 2, '--count', 4,
            '--secret', Bench::Registrar::SECRET, $option, $value);

        is($? >> 8, 1, "$option $value");
        like($out, $says, '... with the reason');
        like($out, qr/^acknowledged 0$/m, '... and nothing acknowledged');
    }

    $registrar->stop();
};


subtest 'a DNS server' => sub {
    plan(skip_all => 'no Knot DNS, or no dnsperf')
        if !program('knotd') || !program('dnsperf');

    make_path("$dir/peers");

    my @found = Bench::UpdatePeers::measure(
        build   => BUILD,
        data    => $dir,
        dir     => "$dir/peers",
        devices => DEVICES,
        options => { seconds => 1, runs => 1, peers => 'knot' },
    );

    is(join(' ', map { "$_->{name} $_->{outstanding}" } @found),
        'knot 64 knot 1000', 'took updates');
    cmp_ok($_->{rate}, '>', 0, 'and acknowledged them') for @found;
    like(Bench::RegistrarReport::peers(@found),
        qr/^\| knot +\| +100 \| +64 \|(?: +[\d.,]+ \|){4}/m, 'has a row');
};


subtest 'targets' => sub {
    my %runs = (
        change => [{ cpu => 8, rate => 30, p99_us => 151e3 }],
        return => [{ cpu => 2, rate => 90 }],
        tenth  => [{ p99_us => 9e3 }],
    );
    my $out = Bench::RegistrarReport::targets(
        [{ devices => 1e6, runs => \%runs }],
        [{ name => 'named', rate => 3 }, { name => 'knot', rate => 31 }]);

    like($out, qr{CPU of an update / return 200, .* 4\.00 .* met}, 'met');
    like($out, qr{at saturation, ms, .* 151\.00 .* missed}, 'missed');
    like($out, qr{a tenth of it, ms, .* 9\.00 .* met}, 'a figure of one run');
    like($out, qr{/ named at its best, .* 10\.00 .* >= 10 \| +met}, 'a peer');
    like($out, qr{/ knot at its best, .* 0\.97 .* >= 1 \| +missed}, 'another');
    unlike($out, qr/enrolments/, 'silent about what was not measured');
};


done_testing();


# The bench for a moment: what it prints, and "kind figure" => value.

sub bench
{
    my (@options) = @_;

    my $raw = "$dir/raw";
    my $out = SrvRegistrar::run("$FindBin::Bin/bench/registrar", '--devices',
        DEVICES, '--connections', 8, '--handshakes', 4, '--enrollments', 20,
        '--runs', 1, '--seconds', 0.1, '--peers-devices', '', '--dir', $dir,
        '--raw', $raw, @options);

    return ($out, map { /^\d+\t(\w+)\t0\t(\w+)\t(.*)/ ? ("$1 $2", $3) : () }
        split(/\n/, slurp($raw)));
}


# label => port of the fleet's service, of all devices.

sub ports
{
    my ($store) = @_;

    my $dump = SrvRegistrar::run(BUILD . '/srvctl', '--store', $store, 'dump');
    my %ports;

    for my $line (split(/\n/, $dump)) {
        my ($label) = $line =~ /"name":"([0-9a-f]{32})\.devices\.example\."/
            or next;

        # priority and weight come first

        $ports{$label} = hex($1)
            if $line =~ /"type":"SRV"[^]]*\["0{8}([0-9a-f]{4})/;
    }

    return %ports;
}


sub slurp
{
    my ($path) = @_;

    open(my $file, '<', $path) or return '';
    local $/;

    return scalar(<$file>);
}
