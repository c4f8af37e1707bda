#!/usr/bin/perl

# ssl_crl: a certificate that was revoked enrols no more, in a new connection
# or in a session from before; and a CRL that says nothing for sure refuses.
# The key of a device is another matter: it is suspended or removed.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use IO::Socket::SSL;
use Test::More;

use SrvRegistrar qw(outcome);

my $t = SrvRegistrar->new(workers => 1);
my $certs = $t->{certificates};

$t->configure(server => 'ssl_crl %%DIR%%/crl.pem; '
    . 'ssl_session_cache shared:one:1m; ssl_protocols TLSv1.2 TLSv1.3;');

my %devices = map { $_ => $t->device($_) } qw(good bad);

$certs->crl('crl', 'manufacturer', []);
$t->start();


sub enroll
{
    my ($name, %args) = @_;

    my $reply = $t->request('POST', '/v1/enroll', cert => $name, %args);
    my $json = $reply->{json} // {};

    return outcome($reply) . ($json->{detail} ? ": $json->{detail}" : '');
}


# A client that remembers its session: "200 resumed".

sub client
{
    my ($name, $version) = @_;

    my $context = IO::Socket::SSL::SSL_Context->new(
        SSL_ca_file         => $certs->pem('server-ca'),
        SSL_verifycn_scheme => 'none',
        SSL_verify_mode     => SSL_VERIFY_PEER,
        SSL_version         => $version,
        SSL_session_cache_size => 4,
        SSL_cert_file => $certs->pem($name),
        SSL_key_file  => $certs->key($name),
    ) or die($SSL_ERROR);

    return sub {
        my $socket = $t->{client}->connect(session => $context)
            or return "no connection: $@";
        my $said = enroll($name, socket => $socket);
        my $resumed = $socket->get_session_reused();

        close($socket);

        return $said . ($resumed ? ' resumed' : '');
    };
}


my @versions = qw(TLSv1_2 TLSv1_3);
my %client = map { $_ => client('bad', $_) } @versions;

is(outcome($devices{$_}->enroll()), '201', "$_: enrols") for qw(good bad);
is(outcome($devices{$_}->register(1)), '200', '... and registers')
    for qw(good bad);

for (@versions) {
    is($client{$_}->(), '200', "$_: a session");
    is($client{$_}->(), '200 resumed', '... is resumed');
}

$certs->crl('crl', 'manufacturer', ['bad']);
ok($t->reload_all(), 'it is revoked');

is(enroll('good'), '200', 'the other is not');
is(enroll('bad'), '403 certificate-refused: certificate revoked',
    'it is refused');

for (@versions) {
    like($client{$_}->(),
        qr/^(?:421 misdirected: .*certificate\ revoked\ resumed
            |403\ certificate-refused:\ certificate\ revoked)$/x,
        "$_: nor by the session from before");
}

is(outcome($devices{bad}->patch({})), '200',
    'its key is not: that is what suspending is for');

$certs->crl('crl', 'manufacturer', [], days => -10);
ok($t->reload_all(), 'a CRL that is overdue');
is(enroll('good'), '403 certificate-refused: CRL has expired',
    'nobody is believed');

$certs->ca('other-ca');
$certs->crl('crl', 'other-ca', []);
ok($t->reload_all(), 'one of another CA');
is(enroll('good'),
    '403 certificate-refused: unable to get certificate CRL',
    'nobody is believed');
is(outcome($devices{good}->patch({})), '200',
    'updates need no certificate');

done_testing();
