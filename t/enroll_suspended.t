#!/usr/bin/perl

# A device that the operator has suspended: nothing of it is served, it can
# neither enrol nor register, and all is there again when it may.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use IO::Socket::SSL;
use Test::More;

use SrvRegistrar qw(outcome);

my $t = SrvRegistrar->new();

$t->configure(server => <<'END');
ssl_protocols TLSv1.2 TLSv1.3;
ssl_session_cache shared:one:1m;
location = /proof {
    srv_registrar enroll;
    srv_registrar_reenroll proof;
}
END
$t->start(dnsd => 1);

my $device = $t->device('device');

$device->enroll();
is(outcome($device->register(15269)), '200', 'registered');

my $fqdn = $device->fqdn;
my $srv = "_xmpp-server._tcp.$fqdn";
my $published = $t->answers($srv, 'SRV');


sub state
{
    my ($state) = @_;

    $t->srvctl($state, $fqdn);

    return $?;
}


sub rcode
{
    my ($name, $type) = @_;

    return $t->query($name, $type)->header->rcode;
}


# Clients that stay: on a connection, and with a session of TLS.

sub client
{
    my ($version) = @_;

    my $context = IO::Socket::SSL::SSL_Context->new(
        SSL_ca_file         => $t->{certificates}->pem('server-ca'),
        SSL_verifycn_scheme => 'none',
        SSL_verify_mode     => SSL_VERIFY_PEER,
        SSL_version         => $version,
        SSL_session_cache_size => 4,
        SSL_cert_file => $t->{certificates}->pem('device'),
        SSL_key_file  => $t->{certificates}->key('device'),
    ) or die($SSL_ERROR);

    return sub {
        my $socket = $t->{client}->connect(session => $context) or die($@);
        my @said = map { outcome($t->request(@$_, socket => $socket,
            keepalive => 1)) } ['POST', '/v1/enroll', body => ''],
            ['POST', '/v1/enroll', body => ''];

        push(@said, outcome($device->show(socket => $socket)));

        push(@said, 'resumed') if $socket->get_session_reused();
        close($socket);

        return join(', ', @said);
    };
}


my %client = map { $_ => client($_) } qw(TLSv1_2 TLSv1_3);
my $staying = $t->{client}->connect(cert => $t->certificate_files('device'))
    or die($@);
my @staying = (socket => $staying, keepalive => 1);

is($_->(), '200, 200, 200', 'a client') for values(%client);
is(outcome($t->request('POST', '/v1/enroll', body => '', @staying)), '200',
    'a connection');

is(rcode($srv, 'SRV'), 'NOERROR', 'published');

my $serial = $t->serial();

is(main::state('suspend'), 0, 'suspended');
is(rcode($srv, 'SRV'), 'NXDOMAIN', 'dnsd has no such service');
is(rcode($fqdn, 'A'), 'NXDOMAIN', '... nor the name');
is(rcode("_tcp.$fqdn", 'A'), 'NXDOMAIN', '... nor what was between them');
ok($t->serial() != $serial, 'the serial moved');

is(outcome($t->request('POST', '/v1/enroll', cert => 'device')),
   '403 suspended', 'it cannot enrol');
is(outcome($t->request('POST', '/v1/enroll', body => '', @staying)),
   '403 suspended', '... on the connection from before');
is($client{$_}->(), '403 suspended, 403 suspended, 403 suspended, resumed',
   "... in the session from before, $_") for sort(keys(%client));
is(outcome($device->put({})), '403 suspended', 'PUT');
is(outcome($device->patch({})), '403 suspended', 'PATCH');
is(outcome($device->show()), '403 suspended', 'GET');
is(outcome($device->delete()), '403 suspended', 'DELETE');
is(outcome($device->rotate('')), '403 suspended', 'a new key');

my $reply = $device->show(sign => { key => 'x' x 32 });

is(outcome($reply), '401 signature-invalid',
   'whoever cannot sign does not learn of it');

is(main::state('resume'), 0, 'active again');
is($t->answers($srv, 'SRV'), $published, 'dnsd serves what it did');
is(outcome($device->patch({})), '200', 'its key works');
is(outcome($device->enroll()), '200', 'and it may enrol');
is($device->fqdn, $fqdn, 'under its name');

done_testing();
