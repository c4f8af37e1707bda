#!/usr/bin/perl

# A label that the operator takes from the certificate: valid, of one device,
# and none of the zone's own.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar qw(outcome);

my $t = SrvRegistrar->new();
my $certs = $t->{certificates};

$t->configure(enroll => 'srv_registrar_label $label;', http => <<'END');
map $ssl_client_s_dn $label {
    "~CN=(?<name>[^,]*)" $name;
}
END
$t->start(dnsd => 1);


# A device of this CN tries; its name, or why not.

my $devices = 0;

sub enroll
{
    my ($cn, %args) = @_;

    my $name = 'device' . $devices++;

    $certs->certificate($name, ca => 'manufacturer',
        subject => $cn eq '' ? '/O=x' : "/CN=$cn", %args);

    my $reply = $t->request('POST', '/v1/enroll', cert => $name);

    return $reply->{json}{fqdn} // outcome($reply);
}


is(enroll('tv-1'), 'tv-1.devices.example', 'the label that was named');
is(enroll('tv-1'), '409 label-taken', 'somebody else with that label');
is(enroll('tv-1', key_of => 'device0'), 'tv-1.devices.example',
   'the same device with another certificate');
is(enroll('TV-2'), 'tv-2.devices.example', 'folded to lower case');
is(enroll('tv-2'), '409 label-taken', '... in which it is compared');
is(enroll('a' x 63), 'a' x 63 . '.devices.example', 'a label of 63');
is(enroll('0'), '0.devices.example', 'a label of one');

is(enroll('www'), '409 label-taken', 'a name of the zone file');
is(enroll('ns'), '409 label-taken', 'another');

for my $label ('_tcp', '-tv', 'tv-', 'a.b', 'a b', 'a_b', '*', "t\xc3\xb6",
    '')
{
    is(enroll($label), '403 label-invalid', "no label: \"$label\"");
}

is($t->query('www.devices.example', 'A')->header->rcode, 'NOERROR',
   'the zone has what it had');

done_testing();
