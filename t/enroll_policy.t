#!/usr/bin/perl

# srv_registrar_reenroll: who may enrol again where an active key is to be
# protected.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar qw(outcome wait_until);

my $t = SrvRegistrar->new();

$t->configure(lease => '1s 2h 1d', server => <<'END');
location = /proof {
    srv_registrar enroll;
    srv_registrar_reenroll proof;
}
location = /expired {
    srv_registrar enroll;
    srv_registrar_reenroll expired;
}
END
$t->start();


# An enrolment signed by a device, with the certificate of one.

sub enroll_signed
{
    my ($signer, $cert, %sign) = @_;

    return $signer->signed('POST', '/proof', '{}', sign => \%sign,
        cert => $t->certificate_files($cert));
}


my $device = $t->device('device');
my $other = $t->device('other');

$_->enroll() && $_->register(1) for $device, $other;

is(outcome($t->request('POST', '/proof', cert => 'device')),
   '403 proof-required', 'proof: no signature');
is(outcome(enroll_signed($other, 'device')), '401 unknown-key',
   'proof: of another device');
is(outcome(enroll_signed($device, 'device', key => 'x' x 32)),
   '401 signature-invalid', 'proof: a wrong one');

my $clone = $device->twin();

$clone->enroll();
is(outcome(enroll_signed($clone, 'device')), '403 proof-required',
   'proof: with a key that is pending');

my $reply = enroll_signed($device, 'device');

is(outcome($reply), '200', 'proof: with the key in use');
is(outcome($t->request('POST', '/proof', cert => 'device', body => '{}',
       headers => [signature_of($device)])), '401 stale-signature',
   'proof: counts once');
is(outcome($device->patch({})), '200', 'the key in use works on');
$device->keep($reply->{json});
is(outcome($device->patch({})), '200', 'and so does the new one');

my $fresh = $t->device('fresh');

$reply = $t->request('POST', '/proof', cert => 'fresh');
is(outcome($reply), '201', 'proof: of the first time there is none');
is(outcome($t->request('POST', '/proof', cert => 'fresh')), '200',
   'proof: nor where the first key was never used');


# The signature fields of the last request.

sub signature_of
{
    my ($signer) = @_;

    return map { [split(/: /, $_, 2)] }
        grep { /^(?:Signature|Content-Digest)/ }
        split(/\r\n/, $signer->{sent});
}


sub enroll_expired
{
    return $t->request('POST', '/expired', cert => 'other');
}


$reply = enroll_expired();
is(outcome($reply), '409 enrolled-already', 'expired: the lease lives');

my $after = $reply->{headers}{'retry-after'};

ok($after > 7100 && $after <= 7200, '... Retry-After says how long');

$other->patch({ lease => 1 });
ok(wait_until(sub { outcome(enroll_expired()) eq '200' }),
   'expired: until it has run out');

$other->register(1);
is(outcome(enroll_expired()), '409 enrolled-already', 'expired: again');
$other->delete();
is(outcome(enroll_expired()), '200', 'expired: or was withdrawn');

done_testing();
