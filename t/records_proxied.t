#!/usr/bin/perl

# Where a request came from is what nginx says: fields of the request count
# only where the operator has told nginx to believe them.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use IO::Socket::SSL;
use IO::Socket::UNIX;
use Test::More;

use SrvRegistrar qw(outcome);

my $t = SrvRegistrar->new();
my ($realip, $proxy) = map {
    SrvRegistrar::Process::free_port($t->{address})
} 1, 2;
my $tls = <<'END';
    server_name registrar.example;
    ssl_certificate %%DIR%%/server.pem;
    ssl_certificate_key %%DIR%%/server.key;
    location = /v1/records { srv_registrar records; }
END

$t->configure(servers => <<"END");
server {
    listen %%ADDRESS%%:$realip ssl;
    set_real_ip_from 127.0.0.1;
    real_ip_header X-Real-IP;
    $tls
}
server {
    listen %%ADDRESS%%:$proxy ssl proxy_protocol;
    set_real_ip_from 127.0.0.1;
    real_ip_header proxy_protocol;
    $tls
}
server {
    listen unix:%%DIR%%/registrar.sock;
    location = /v1/records { srv_registrar records; }
}
END
$t->start(dnsd => 1);

my $device = $t->device('device');

$device->enroll();


# What was observed and what is then published.

sub sees
{
    my (%args) = @_;

    my $reply = $device->patch(delete($args{body}) // {}, %args);
    my ($rr) = $t->query($device->fqdn, 'A')->answer;

    return join(' ', outcome($reply),
        $reply->{json}{observed_address} // 'nothing',
        $rr ? $rr->address : 'none');
}


my @forged = map { [$_, '127.0.9.9'] } 'X-Real-IP', 'X-Forwarded-For',
    'CF-Connecting-IP', 'True-Client-IP';

is(sees(headers => [@forged, ['Forwarded', 'for=127.0.9.9']]),
   '200 127.0.0.1 127.0.0.1', 'fields that nobody asked for');
is(sees(port => $realip, headers => [['X-Real-IP', '127.0.2.2']]),
   '200 127.0.2.2 127.0.2.2', 'one that the operator trusts');
is(sees(port => $realip, source => '127.0.0.3',
        headers => [['X-Real-IP', '127.0.2.3']]),
   '200 127.0.0.3 127.0.0.3', 'from somebody whom he does not');
is(sees(port => $realip, headers => [['X-Real-IP', '10.0.0.1']]),
   '422 address-not-allowed address.ipv4 10.0.0.1 127.0.0.3',
   'an address that may not be published');

# The PROXY protocol comes before TLS.

sub proxied
{
    my ($line) = @_;

    my $socket = IO::Socket::INET->new(PeerAddr => $t->{address},
        PeerPort => $proxy) or die("connect: $!");

    $socket->autoflush(1);
    print $socket "$line\r\n";

    return IO::Socket::SSL->start_SSL($socket,
        SSL_ca_file => $t->{certificates}->pem('server-ca'),
        SSL_verifycn_scheme => 'none',
        SSL_hostname => 'registrar.example') || die($SSL_ERROR);
}


is(sees(socket => proxied('PROXY TCP4 127.0.4.4 127.0.0.1 1000 443')),
   '200 127.0.4.4 127.0.4.4', 'the PROXY protocol');


# A local socket has no address: it takes nothing away, and gives none.

sub unix
{
    return IO::Socket::UNIX->new(Peer => $t->path('registrar.sock'))
        // die("unix: $!");
}


is(sees(socket => unix()),
   '422 address-not-allowed address nothing 127.0.4.4', 'AF_UNIX: unsaid');
is(sees(socket => unix(), body => { address => { ipv4 => 'observed' } }),
   '422 address-not-allowed address.ipv4 nothing 127.0.4.4',
   'AF_UNIX: observed');
is(sees(socket => unix(), body => { address => { ipv4 => '127.0.4.4' } }),
   '422 address-not-allowed address.ipv4 nothing 127.0.4.4',
   'AF_UNIX: stated');
is(sees(socket => unix(), body => { address => { ipv4 => 'keep' } }),
   '200 nothing 127.0.4.4', 'AF_UNIX: kept');
is(sees(socket => unix(), body => { address => { ipv4 => 'none' } }),
   '200 nothing none', 'AF_UNIX: withdrawn');

done_testing();
