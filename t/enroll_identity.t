#!/usr/bin/perl

# What a device's name follows from: its key by default, or what the operator
# says that its certificate says, within a name space.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar qw(outcome);

my $t = SrvRegistrar->new();
my $certs = $t->{certificates};

$t->configure(server => <<'END');
location = /serial {
    srv_registrar enroll;
    srv_registrar_identity fleet $srv_registrar_subject_serial;
}
location = /serial-other {
    srv_registrar enroll;
    srv_registrar_identity other $srv_registrar_subject_serial;
}
location = /hardware {
    srv_registrar enroll;
    srv_registrar_identity fleet $srv_registrar_hardware_module;
}
location = /spki {
    srv_registrar enroll;
    srv_registrar_identity fleet $srv_registrar_spki_sha256;
}
location = /show {
    return 200 "$srv_registrar_spki_sha256 $srv_registrar_subject_serial $srv_registrar_hardware_module";
}
END

my @module = ('subjectAltName=otherName:1.3.6.1.5.5.7.8.4;SEQUENCE:module',
    '[module]', 'hwType=OID:1.3.6.1.4.1.99999.1',
    'hwSerial=FORMAT:HEX,OCT:0102ABCD');

$certs->certificate('one', ca => 'manufacturer',
    subject => '/CN=one/serialNumber=SN-1', ext => \@module);
$certs->certificate('one-renewed', ca => 'manufacturer', key_of => 'one',
    subject => '/CN=renewed/serialNumber=SN-9');
$certs->certificate('one-rekeyed', ca => 'manufacturer',
    subject => '/CN=rekeyed/serialNumber=SN-1', ext => \@module);
$certs->certificate('two', ca => 'manufacturer',
    subject => '/CN=one/serialNumber=SN-2');
$certs->certificate('none', ca => 'manufacturer');
$certs->certificate('double', ca => 'manufacturer',
    subject => '/serialNumber=SN-1/serialNumber=SN-1');
$certs->certificate('self', subject => '/serialNumber=SN-1');

$t->start();


sub name
{
    my ($door, $cert) = @_;

    my $reply = $t->request('POST', $door, cert => $cert);

    return $reply->{json}{fqdn} // outcome($reply);
}


my $spki = name('/v1/enroll', 'one');

like($spki, qr/^[0-9a-f]{32}\.devices\.example$/, 'by its key');
is(name('/v1/enroll', 'one'), $spki, 'the same, again');
is(name('/v1/enroll', 'one-renewed'), $spki, 'a renewed certificate');
isnt(name('/v1/enroll', 'one-rekeyed'), $spki, 'another key');
isnt(name('/v1/enroll', 'two'), $spki, 'another device');
isnt(name('/spki', 'one'), $spki, 'the same key in a name space');

my $serial = name('/serial', 'one');

isnt($serial, $spki, 'by its serialNumber');
is(name('/serial', 'one-rekeyed'), $serial, 'which outlives a key');
isnt(name('/serial', 'two'), $serial, 'but not a device');
isnt(name('/serial-other', 'one'), $serial, 'nor a name space');
is(name('/serial', 'none'), '403 identity-missing', 'no serialNumber');
is(name('/serial', 'double'), '403 identity-missing', 'two of them');
is(name('/serial', 'self'), '403 certificate-refused',
   'one that nobody vouches for');

my $hardware = name('/hardware', 'one');

like($hardware, qr/^[0-9a-f]{32}\./, 'by its hardwareModuleName');
isnt($hardware, $serial, '... which is another identity');
is(name('/hardware', 'one-rekeyed'), $hardware, '... and outlives a key');
is(name('/hardware', 'two'), '403 identity-missing', '... if there is one');


# What the identities are made from, for logs and limits.

sub facts
{
    my ($cert) = @_;

    return $t->request('GET', '/show', cert => $cert)->{body};
}


like(facts('one'), qr/^[0-9a-f]{64} SN-1 1\.3\.6\.1\.4\.1\.99999\.1:0102abcd$/,
     'the variables');
like(facts('none'), qr/^[0-9a-f]{64}  $/, 'empty where there is nothing');
is(facts(undef), '  ', 'and without a certificate');

done_testing();
