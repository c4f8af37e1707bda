#!/usr/bin/perl

# A burst of updates meets nginx's own limit_req before it costs a commit;
# what passes is committed in batches.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar;
use SrvRegistrar::AcmeDns qw(challenge);

use constant BURST => 5;
use constant REQUESTS => 60;

my $t = SrvRegistrar->new();

$t->configure(
    http   => 'limit_req_zone $binary_remote_addr zone=doors:1m rate=1r/m;',
    server => 'limit_req_status 429;'
        . SrvRegistrar::AcmeDns->LOCATION
            =~ s/(acme_dns;)/"$1\nlimit_req zone=doors burst=" . BURST
                             . " nodelay;"/er,
);
$t->start(dnsd => 1);

my $device = $t->device('device');
$device->enroll();

my $client = SrvRegistrar::AcmeDns->issue($device);
my $before = $t->store_check()->{txn};
my %statuses;

for my $i (1 .. REQUESTS) {
    my $reply = $client->update(challenge("value$i"));
    $statuses{ $reply->{status} }++;
}

is_deeply(\%statuses, { 200 => BURST + 1, 429 => REQUESTS - BURST - 1 },
    'the burst passes, the rest does not');
cmp_ok($t->store_check()->{txn} - $before, '<=', BURST + 1,
    'and costs no commit');
is($client->published(), join(' ', map { challenge("value$_") }
    BURST - 2 .. BURST + 1), 'the last that passed are published');

done_testing();
