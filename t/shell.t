#!/usr/bin/perl

# Our shell programs are sound to shellcheck, and parse in each small shell
# that a device may have.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar::Process qw(program);

chdir("$FindBin::Bin/..") or die;

SKIP: {
    skip('no shellcheck', 1) if !program('shellcheck');

    is(`shellcheck docs/examples/srv-agent t/demo t/packages .ci/run 2>&1`,
        '', 'shellcheck finds nothing');
}

for my $shell ('dash', 'bash', 'busybox sh') {
    SKIP: {
        skip("no $shell", 1) if !program($shell =~ s/ .*//r);

        is(`$shell -n docs/examples/srv-agent 2>&1`, '', "parses in $shell");
    }
}

done_testing();
