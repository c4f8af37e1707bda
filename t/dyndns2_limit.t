#!/usr/bin/perl

# A client that asks all the time is held by limit_req, as the sample
# configuration has it: it is told so in the protocol's word, and what is
# refused costs no commit.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar;
use SrvRegistrar::Dyndns2;

my ($limit, $location, $refusal) = sample();

my $t = SrvRegistrar->new();

$t->configure(http => $limit, server => "$location\n$refusal");
$t->start(dnsd => 1);

my $device = $t->device('device');

$device->enroll();

my $client = SrvRegistrar::Dyndns2->issue($device);
my $txn = $t->store_check()->{txn};
my (%count, $throttled);

for my $i (1 .. 40) {
    my $reply = $client->request('/nic/update', undef,
        source => '127.0.0.' . (1 + $i % 2));

    $count{$reply->{status}}++;
    $throttled = $reply if $reply->{status} == 429;
}

is(join(' ', sort keys(%count)), '200 429', 'some pass, others are held');
cmp_ok($count{200}, '<=', 30, 'few pass') or diag(explain(\%count));
is($throttled->{body}, "abuse\n", 'the word');
is($throttled->{headers}{'content-type'}, 'text/plain', '... in text');
is($throttled->{headers}{'retry-after'}, 60, '... and when to come back');
cmp_ok($t->store_check()->{txn} - $txn, '<=', $count{200},
    'no commit for what was held');

is($t->request('GET', '/checkip')->{status}, 200, 'others may ask');

done_testing();


# What the sample configuration says about this door.

sub sample
{
    open(my $file, '<', SrvRegistrar::ROOT . '/docs/examples/nginx.conf')
        or die("nginx.conf: $!");
    my $text = do { local $/; <$file> };

    my ($limit) = $text =~ /^(\s*limit_req_zone .*zone=dyndns2:.*)$/m
        or die('no limit_req_zone');
    my ($location) = $text =~ m{^(\s*location \S* ?/nic/ \{.*?^\s*\}\n)}ms
        or die('no location');
    my ($refusal) = $text =~ m{^(\s*location \@abuse \{.*?^\s*\}\n)}ms
        or die('no refusal');

    return ($limit, "$location location = /checkip { srv_registrar dyndns2; }",
        $refusal);
}
