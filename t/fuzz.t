#!/usr/bin/perl

# Each fuzzer for a moment: its seeds, and a fixed number of inputs made of
# them with a fixed seed, so that the same sources give the same result.  What
# was once found lies among the seeds.  `make fuzz` goes on for longer.
#
# The fuzzers carry their sanitizers in both builds, so once is enough.

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Temp ();
use FindBin;
use Test::More;

use constant RUNS => 50_000;             # well under a second each
# Signatures, PEM and certificates take longer than all parsers.
use constant FEWER => { device_sign => 4_000, dnssec_key => 10_000,
                        device_identity => 5_000 };
use constant TIMEOUT => 25;              # s for one input, on a busy machine

my $root = abs_path("$FindBin::Bin/..");
my $build = abs_path($ENV{SRV_BUILD} // "$root/build");
my @names = map { m{([^/]+)\.c$} } glob("$root/t/fuzz/*.c");

plan(skip_all => 'the fuzzers ran in the other build') if $ENV{SRV_ASAN};
plan(skip_all => 'no fuzzers were built: they need clang')
    if !grep { -x "$build/fuzz/$_" } @names;

my $dir = File::Temp::tempdir('fuzz-XXXXXX', TMPDIR => 1, CLEANUP => 1);

local $ENV{ASAN_OPTIONS} = 'detect_leaks=1';

for my $name (@names) {
    my $seeds = "$root/t/fuzz/seeds/$name";
    my $corpus = "$dir/$name";
    my $wanted = FEWER->{$name} // RUNS;

    # libFuzzer writes what it finds into the first directory.

    mkdir($corpus) or die("$corpus: $!");

    my $command = join(' ', "$build/fuzz/$name", "-runs=$wanted", '-seed=1',
        '-timeout=' . TIMEOUT, '-print_final_stats=1',
        "-artifact_prefix=$dir/$name-", $corpus, -d $seeds ? $seeds : ());
    my $output = `$command 2>&1`;
    my ($runs) = $output =~ /^stat::number_of_executed_units: *(\d+)/m;

    ok($? == 0 && ($runs // 0) >= $wanted, "$name: " . ($runs // 0) . ' inputs')
        or diag($output =~ /((?:.*\n){0,40})\z/);
    diag('the input: ', map { s/([^ -~])/sprintf('\\x%02x', ord($1))/ger }
        do { local (@ARGV, $/) = $_; <> }) for glob("$dir/$name-*");
}

done_testing();
