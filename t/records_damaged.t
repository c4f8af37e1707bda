#!/usr/bin/perl

# A store that cannot be trusted: a damaged value is neither used nor written
# over, and a file that is no store of ours is refused, and left as it is.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar qw(outcome);

my $t = SrvRegistrar->new();
my $data = $t->path('store/data.mdb');

$t->start(dnsd => 1);

my $device = $t->device('device');
my $other = $t->device('other');

for ($device, $other) {
    $_->enroll();
    is(outcome($_->register(1)), '200', 'registered');
}

$t->stop_nginx();


# One bit, behind the key, in every copy of the value that the file has.

my ($label, $zone) = split(/\./, $device->fqdn, 2);
my $bytes = $t->read('store/data.mdb');
my $damaged = 0;

for (my $at = 0; ($at = index($bytes, $label, $at)) >= 0; $at++) {
    substr($bytes, $at + length($label) + 24, 1) ^= "\x01";
    $damaged++;
}

ok($damaged > 0, 'the value is found');
rewrite($bytes);
$t->allow_log(qr/damaged/);
$t->{dnsd}->allow_log(qr/damaged/);
$t->start();

is(outcome($device->show()), '500 internal', 'a damaged value: GET');
is(outcome($device->register(2)), '500 internal', '... PUT');
is(outcome($device->enroll()), '500 internal', '... enrolment');
like($t->read('error.log'), qr/\[error\].*value of "$label.*" is damaged/,
     'the log names it');
is(outcome($other->register(2)), '200', 'another device is served');
is($t->query($device->fqdn, 'A')->header->rcode, 'SERVFAIL',
   'dnsd: SERVFAIL, since nothing is known');
is($t->query($other->fqdn, 'A')->header->rcode, 'NOERROR',
   'dnsd: another device');
$t->stop_nginx();


# Something else in the place of the store.

$t->{dnsd}->stop();
rewrite('This is no database.' x 1000);
$t->allow_log(qr/srv_registrar: .*store/);
$t->start();

my $reply = $other->show();

is(outcome($reply), '503 store-unavailable', 'not a store: GET');
like($reply->{headers}{'retry-after'}, qr/^[1-5]$/, '... Retry-After');
is(outcome($other->register(3)), '503 store-unavailable', '... PUT');
is(outcome($other->enroll(keep => 0)), '503 store-unavailable',
   '... enrolment');
ok($t->wait_log(qr/\[(?:alert|error|crit)\].*\Q@{[$t->path('store')]}\E/),
   'the log says which store');
$t->stop_nginx();
is($t->read('store/data.mdb'), 'This is no database.' x 1000,
   'and it is left as it was');

done_testing();


# Writes into the file that is there, so that it stays the same one.

sub rewrite
{
    my ($content) = @_;

    open(my $file, '+<', $data) or die("$data: $!");
    binmode($file);
    print $file $content;
    truncate($file, length($content));
    close($file) or die("$data: $!");
}
