#!/usr/bin/perl

# The DNS benchmark at work for a moment: dnsd and the reflector, a small
# fleet.  Its own checks are of the answers; what is looked at here is that
# the tables come out whole, never a time.

use strict;
use warnings;

use File::Temp ();
use FindBin;
use lib "$FindBin::Bin/lib", "$FindBin::Bin/bench";
use Test::More;

use Bench::DnsReport ();
use Bench::Table ();
use SrvRegistrar::Dnsd;
use SrvRegistrar::Process qw(program);

use constant BUILD => SrvRegistrar::Dnsd::BUILD;
use constant DEVICES => 1000;

plan(skip_all => 'no taskset') if !program('taskset');


subtest 'the whole bench' => sub {
    my $out = bench('--runs', 1, '--seconds', 0.05, '--rate', 2000,
        '--servers', 'dnsd,reflector x64,reflector x1', '--dir',
        File::Temp->newdir('bench-XXXXXX', TMPDIR => 1));

    is($?, 0, 'succeeds') or diag($out);

    like($out, qr/^1,000 devices, CPU in microseconds/m, 'names the fleet');
    like($out, qr/^\| server .* QPS .* CPU .* bytes /m, 'has a head');

    for my $name ('dnsd', 'reflector x64', 'reflector x1') {
        like($out, qr/^\| \Q$name\E +\|(?: +[\d.,]* \|){9}/m,
            "has figures of $name");
    }

    like($out, qr/^\| dnsd .*\| +14[5-8] \| +yes \|$/m,
        'dnsd adds the address of a target');
    like($out, qr/^\| reflector x64 .* 1\.00 /m, 'compares');
};


# What the bench believes, it must be able to doubt.

subtest 'a wrong answer fails it' => sub {
    my $d = SrvRegistrar::Dnsd->new();

    $d->fill("zone devices.example\n"
        . "rr \@ 60 SOA ns hostmaster 1 3600 600 86400 60\n"
        . "rr \@ 60 NS ns\nrr ns 60 A 192.0.2.53\n");
    $d->start('--threads', 1);

    for my $case (['1,0,0,0', 1, qr/wrong answer to SRV/],
                  ['0,1,0,0', 1, qr/wrong answer to A/],
                  ['0,0,0,1', 1, qr/wrong answer to NODATA/],
                  ['0,0,1,0', 0, qr/^nxdomain [1-9]/m])
    {
        my ($mix, $status, $says) = @$case;
        my $out = load($d, '--mix', $mix);

        is($? >> 8, $status, "$mix of an empty zone");
        like($out, $says, 'and says why');
    }

    is($d->stop(), 0, 'dnsd stopped');
};


subtest 'the load' => sub {
    my $d = SrvRegistrar::Dnsd->new();

    system(BUILD . '/t/store_fill', $d->{store}, '--devices', DEVICES) == 0
        or die('store_fill');
    $d->start('--threads', 1);

    for my $options (['--edns', 1232], ['--edns', 512, '--do'],
                     ['--window', 1], ['--sockets', 64, '--window', 64],
                     ['--rate', 5000], ['--mix', '1,1,1,1'])
    {
        my $out = load($d, @$options);
        my %found = split(/\s+/, $out);

        is($?, 0, "@$options") or diag($out);
        is($found{sent}, $found{answered} + $found{lost}, 'accounts for all');
        is($found{answered}, $found{srv} + $found{a} + $found{nxdomain}
            + $found{nodata}, 'of each kind');
        is($found{added}, $found{srv}, 'each SRV came with its address');
        cmp_ok($found{p50_us}, '<=', $found{p999_us}, 'percentiles rise');
    }

    is($d->stop(), 0, 'dnsd stopped');
};


subtest 'the zone file and the store are one fleet' => sub {
    my @lines = split(/\n/, qx{@{[BUILD]}/bench/dns_zone 3});

    is(scalar(@lines), 5 + 2 * 3, 'a line for each record');
    like($lines[5], qr/^0{32} A 198\.18\.0\.0$/, 'the first device');
    like($lines[10], qr/^_xmpp-server\._tcp\.(\w{32}) SRV 0 0 15269 \1$/,
        'the last one');
};


subtest 'figures' => sub {
    is(Bench::Table::median(3, 1, 2), 2, 'the middle');
    is(Bench::Table::median(4, 1, 2, 3), 2.5, 'between the two in the middle');
    is_deeply([Bench::Table::quartiles(8, 1, 3, 2, 5, 4, 7, 6)], [3, 6],
        'half of them');
    is(Bench::Table::thousands(1234567), '1,234,567', 'thousands');

    my @rows = map { { name => $_->[0], full => [{ cpu => $_->[1] }],
                       first_ms => 51, own => 3 } }
        ['dnsd', 2], ['gdnsd', 2], ['nsd', 3], ['reflector x64', 1];
    my $out = Bench::DnsReport::targets(
        map { { devices => $_, rows => \@rows } } 1e6, 1e7);

    like($out, qr/nsd, 1,000,000 +\| +0\.67 .* 0\.65 \| missed/, 'missed');
    like($out, qr/gdnsd, 1,000,000 +\| +1\.00 .* 1 \| +met/, 'met');
    like($out, qr/first answer, 10,000,000 +\| +51\.00 .* 50 \| missed/,
        'a figure that is no ratio');
    unlike($out, qr/gdnsd, 10,000 /, 'silent about what was not measured');
};


done_testing();


sub bench
{
    my (@options) = @_;

    return output("$FindBin::Bin/bench/dns", '--devices', DEVICES, @options);
}


sub load
{
    my ($d, @options) = @_;

    return output(BUILD . '/bench/dns_load', '--server',
        "$d->{address}\@$d->{port}", '--devices', DEVICES, '--seconds', 0.05,
        @options);
}


# What it said, its complaints included; $? is its status.

sub output
{
    my (@command) = @_;

    my $pid = open(my $pipe, '-|') // die("fork: $!");

    if ($pid == 0) {
        open(STDERR, '>&', \*STDOUT);
        exec { $command[0] } @command or exit(127);
    }

    local $/;
    my $text = <$pipe>;
    close($pipe);

    return $text;
}
